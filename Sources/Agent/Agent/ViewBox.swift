package import ServerCore
import Synchronization

/// The newest published view, read by the connection loops. Copy out, never call out under the lock: a copy is one
/// retain, however large a view is.
package final class ViewBox: Sendable {
    package final class Published: Sendable {
        package let view: ReadView

        init(_ view: ReadView) { self.view = view }
    }

    private let newest = Mutex<Published?>(nil)

    package init() {}

    package var published: Published? { newest.withLock { $0 } }

    package var current: ReadView? { published?.view }

    package func publish(_ new: ReadView) {
        let new = Published(new)
        // The old one goes when the lock is free again: what it alone held is released here.
        let old = newest.withLock { newest in
            defer { newest = new }
            return newest
        }
        withExtendedLifetime(old) {}
    }
}
