package import ServerCore
import Synchronization

/// The newest published view, read by the connection loops. Copy out, never call out under the lock.
package final class ViewBox: Sendable {
    private let view = Mutex<ReadView?>(nil)

    package init() {}

    package var current: ReadView? { view.withLock { $0 } }

    package func publish(_ new: ReadView) { view.withLock { $0 = new } }
}
