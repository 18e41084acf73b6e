import Synchronization

/// Rows of the table at the end of a run, in the order they came; written by several threads.
final class Measurements: Sendable {
    private let rows: Mutex<[(label: String, value: String)]> = Mutex([])

    /// A label that is already there gets the new value.
    func set(_ label: String, _ value: String) {
        rows.withLock { rows in
            if let index = rows.firstIndex(where: { $0.label == label }) {
                rows[index].value = value
            } else {
                rows.append((label, value))
            }
        }
    }

    func setIfMissing(_ label: String, _ value: String) {
        rows.withLock { rows in
            if !rows.contains(where: { $0.label == label }) { rows.append((label, value)) }
        }
    }

    var all: [(label: String, value: String)] { rows.withLock { $0 } }

    /// Aligned lines; empty without rows.
    var lines: [String] {
        let rows = rows.withLock { $0 }
        let width = rows.map(\.label.count).max() ?? 0
        return rows.map { row in
            "  \(row.label)\(String(repeating: " ", count: width - row.label.count))  \(row.value)"
        }
    }
}
