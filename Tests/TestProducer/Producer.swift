package import Foundation
import Synchronization

/// A producer on a loopback port of its own, on raw sockets so that it can misbehave in every way.
package final class Producer: Sendable {
    /// Runs on a thread of the connection with its descriptor and the request's text; the descriptor is closed after.
    package typealias Answer = @Sendable (Int32, String) -> Void

    package let port: UInt16
    private let listener: Int32
    private let held = Mutex<[Int32]>([])

    /// - Parameter answer: nil accepts and says nothing.
    package init(_ answer: Answer?) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Producer.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(bind(listener, $0, length) == 0 && listen(listener, 512) == 0)
                precondition(getsockname(listener, $0, &length) == 0)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        self.listener = listener
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                guard let answer else {
                    held.withLock { $0.append(connection) }
                    continue
                }
                Thread.detachNewThread {
                    var buffer = [UInt8](repeating: 0, count: 65_536)
                    let count = recv(connection, &buffer, buffer.count, 0)
                    answer(connection, String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self))
                    close(connection)
                }
            }
        }
    }

    package func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        held.withLock { descriptors in
            for descriptor in descriptors { close(descriptor) }
            descriptors = []
        }
    }

    package var url: String { "http://127.0.0.1:\(port)/health" }

    package static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// A port of loopback on which nobody listens.
    package static func refusedPort() -> UInt16 {
        let producer = Producer(nil)
        producer.stop()
        return producer.port
    }

    /// - Returns: false once the peer is gone.
    @discardableResult
    package static func write(_ text: String, to descriptor: Int32) -> Bool {
        let bytes = Array(text.utf8)
        return send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    package static func answering(_ status: String, header: String = "", body: String = "") -> Producer {
        Producer { descriptor, _ in
            write("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(header)\r\n\(body)", to: descriptor)
        }
    }
}
