import Foundation

/// `openssl s_server` with a certificate made for the occasion.
final class TLSProducer {
    let port: Int
    let certificate: String
    private let process: Process
    private let folder: URL

    init?(name: String) {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("isthmus-tls-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificate = folder.appendingPathComponent("cert.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        let maker = Process()
        maker.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        maker.arguments = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj",
            "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)",
        ]
        maker.standardError = FileHandle.nullDevice
        process = Process()
        process.executableURL = maker.executableURL
        process.arguments = ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = Pipe()
        do {
            try maker.run()
            maker.waitUntilExit()
            try process.run()
        } catch {
            return nil
        }
        var text = ""
        while !text.contains("ACCEPT") || !text.hasSuffix("\n") {
            let part = output.fileHandleForReading.availableData
            guard !part.isEmpty else { return nil }
            text += String(decoding: part, as: UTF8.self)
        }
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("ACCEPT") }),
            let found = Int(line.split(separator: ":").last ?? "")
        else { return nil }
        port = found
    }

    func stop() {
        // The child inherits a mask that blocks SIGTERM from the thread that started it.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }
}
