/// Columns as wide as their widest cell, two spaces apart, nothing behind the last one.
package struct TextTable: Sendable {
    package var header: [String]
    package private(set) var rows: [[String]] = []

    package init(_ header: [String]) { self.header = header }

    package mutating func add(_ row: [String]) { rows.append(row) }

    /// Lines without a final newline. An empty cell is shown as `-`.
    package var text: String {
        let lines = (header.isEmpty ? [] : [header]) + rows.map { $0.map { $0.isEmpty ? "-" : $0 } }
        let columnCount = lines.map(\.count).max() ?? 0
        let widths = (0..<columnCount).map { column in
            lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return lines.map { cells in
            cells.enumerated().map { column, cell in
                column == cells.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
