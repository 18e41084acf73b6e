extension TopologyGraph {
    /// A picture that needs nothing else: no script, no font, no file.
    package var svg: String {
        var drawing = Drawing(self)
        return drawing.render()
    }

    /// Places boxes, then draws links below them and words above.
    private struct Drawing {
        struct Point {
            var x: Double
            var y: Double
        }

        let graph: TopologyGraph
        /// Width of a letter of 12 px, as wide as most of them.
        static let letter = 6.6
        static let margin = 28.0
        static let head = 74.0
        var boxSize: [Point] = []
        /// Centres.
        var places: [Point] = []
        var body: [String] = []
        var size = Point(x: 0, y: 0)

        init(_ graph: TopologyGraph) { self.graph = graph }

        var isCompact: Bool { graph.boxes.count > 9 }
        var boxWidth: Double { isCompact ? 176 : 224 }

        mutating func render() -> String {
            boxSize = graph.boxes.map { Point(x: boxWidth, y: height(of: $0)) }
            place()
            let colours = Self.colours(for: graph.edges)
            drawPlainLinks()
            for edge in graph.edges { drawLine(edge, colours[edge.label] ?? Self.palette[0]) }
            for index in graph.boxes.indices { draw(graph.boxes[index], at: places[index], size: boxSize[index]) }
            if graph.edges.count <= 12 {
                for edge in graph.edges { drawLabel(edge, colours[edge.label] ?? Self.palette[0]) }
            }
            let legend = drawLegend(colours)
            return assemble(legend)
        }

        // MARK: - Places

        /// Chips of agents in rows, then producers.
        private func rows(_ texts: [String]) -> [[String]] {
            var rows: [[String]] = []
            var width = Double.infinity
            for text in texts {
                let chip = Self.chipWidth(text) + 6
                if width + chip > boxWidth - 20 {
                    rows.append([])
                    width = 0
                }
                rows[rows.count - 1].append(text)
                width += chip
            }
            return rows
        }

        static func chipWidth(_ text: String) -> Double { Double(text.count) * letter + 14 }

        private func chips(_ box: Box) -> (agents: [[String]], producers: [[String]]) {
            let agents = (box.servers + box.clients).map { TopologyGraph.short($0, in: box.name) }
            return (rows(agents), rows(box.producers.map(Self.text)))
        }

        static func text(_ producer: (name: String, service: String, at: String)) -> String {
            producer.name.contains(producer.service) ? producer.name : "\(producer.name): \(producer.service)"
        }

        private func height(of box: Box) -> Double {
            let chips = chips(box)
            return 40 + Double(chips.agents.count + chips.producers.count) * 26 + (chips.producers.isEmpty ? 0 : 6)
        }

        private mutating func place() {
            let count = graph.boxes.count
            let tallest = boxSize.map(\.y).max() ?? 0
            if count <= 2 {
                let gap = count == 2 ? 300.0 : 0
                places = (0..<count).map { index in
                    Point(x: Self.margin + boxWidth / 2 + Double(index) * (boxWidth + gap), y: Self.head + tallest / 2)
                }
            } else if isCompact {
                placeInRows(columns: columns(count), tallest: tallest)
            } else {
                placeInCircle(tallest: tallest)
            }
            size.x = zip(places, boxSize).map { $0.x + $1.x / 2 }.max() ?? 0
            size.y = zip(places, boxSize).map { $0.y + $1.y / 2 }.max() ?? 0
            size = Point(x: max(size.x + Self.margin, 560), y: size.y + 24)
        }

        /// Somewhat wider than high.
        private func columns(_ count: Int) -> Int { (4...8).first { $0 * $0 >= count } ?? 8 }

        private mutating func placeInRows(columns: Int, tallest: Double) {
            let gap = graph.edges.isEmpty ? 22.0 : 46.0
            places = graph.boxes.indices.map { index in
                Point(
                    x: Self.margin + boxWidth / 2 + Double(index % columns) * (boxWidth + gap),
                    y: Self.head + tallest / 2 + Double(index / columns) * (tallest + gap))
            }
        }

        /// A datacenter that all special links meet stands in the middle.
        private mutating func placeInCircle(tallest: Double) {
            let names = graph.boxes.map(\.name)
            let hub = names.firstIndex { name in
                let own = graph.edges.filter { $0.from == name || $0.to == name }
                return own.count == graph.edges.count && own.count >= 3
            }
            let ring = names.indices.filter { $0 != hub }
            let (directions, step) = Self.directions(ring.count)
            // Neighbours on the ring do not touch: their distance is `step` times a radius.
            let radius = Point(x: max(270, (boxWidth + 90) / step), y: max(190, (tallest + 70) / step))
            places = names.map { _ in Point(x: 0, y: 0) }
            for (position, index) in ring.enumerated() {
                places[index] = Point(x: directions[position].x * radius.x, y: directions[position].y * radius.y)
            }
            let left = zip(places, boxSize).map { $0.x - $1.x / 2 }.min() ?? 0
            let top = zip(places, boxSize).map { $0.y - $1.y / 2 }.min() ?? 0
            places = places.map { Point(x: $0.x - left + Self.margin, y: $0.y - top + Self.head) }
        }

        /// Corners of regular polygons by table, and the shorter of the sides' two extents: no sines here, whose last
        /// bits differ between machines.
        private static func directions(_ count: Int) -> (corners: [Point], step: Double) {
            func points(_ pairs: [(Double, Double)]) -> [Point] { pairs.map { Point(x: $0.0, y: $0.1) } }
            switch count {
            case ...3: return (points([(0, -1), (0.87, 0.5), (-0.87, 0.5)]), 1)
            case 4: return (points([(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)]), 1)
            case 5: return (points([(0, -1), (0.95, -0.31), (0.59, 0.81), (-0.59, 0.81), (-0.95, -0.31)]), 0.95)
            case 6: return (points([(0, -1), (0.87, -0.5), (0.87, 0.5), (0, 1), (-0.87, 0.5), (-0.87, -0.5)]), 0.87)
            case 7:
                return (
                    points([
                        (0, -1), (0.78, -0.62), (0.97, 0.22), (0.43, 0.9), (-0.43, 0.9), (-0.97, 0.22), (-0.78, -0.62),
                    ]), 0.78
                )
            default:
                return (
                    points([
                        (0, -1), (0.71, -0.71), (1, 0), (0.71, 0.71), (0, 1), (-0.71, 0.71), (-1, 0), (-0.71, -0.71),
                    ]), 0.7
                )
            }
        }

        private func centre(_ name: String) -> Point {
            graph.boxes.firstIndex { $0.name == name }.map { places[$0] } ?? Point(x: 0, y: 0)
        }

        // MARK: - Links

        private static let palette = ["#c2410c", "#0f766e", "#7c3aed", "#b91c1c", "#1d4ed8", "#a16207", "#be185d"]

        /// One colour for all links of the same conditions.
        private static func colours(for edges: [Edge]) -> [String: String] {
            var colours: [String: String] = [:]
            for edge in edges where colours[edge.label] == nil {
                colours[edge.label] = palette[colours.count % palette.count]
            }
            return colours
        }

        /// Links of the default conditions, faint; among many datacenters they would only be a web.
        private mutating func drawPlainLinks() {
            guard graph.boxes.count <= 9 else { return }
            for (index, near) in graph.boxes.enumerated() {
                for far in graph.boxes[(index + 1)...] where !graph.isDrawn(near.name, far.name) {
                    let (a, b) = (centre(near.name), centre(far.name))
                    body.append(
                        "<path d=\"M\(Self.n(a.x)) \(Self.n(a.y))L\(Self.n(b.x)) \(Self.n(b.y))\" class=\"plain\"/>")
                }
            }
        }

        /// Ends at the borders of the boxes; a link of one direction keeps to the right of the middle.
        private func ends(_ edge: Edge) -> (Point, Point) {
            var (a, b) = (centre(edge.from), centre(edge.to))
            let (x, y) = (b.x - a.x, b.y - a.y)
            let length = max(1, (x * x + y * y).squareRoot())
            if !edge.isBothWays {
                let side = Point(x: -y / length * 9, y: x / length * 9)
                a = Point(x: a.x + side.x, y: a.y + side.y)
                b = Point(x: b.x + side.x, y: b.y + side.y)
            }
            func border(_ name: String) -> Double {
                guard let index = graph.boxes.firstIndex(where: { $0.name == name }) else { return 0 }
                let (half, high) = (boxSize[index].x / 2 + 5, boxSize[index].y / 2 + 5)
                return min(abs(x) > 0.5 ? half / abs(x) : 1, abs(y) > 0.5 ? high / abs(y) : 1)
            }
            let (first, last) = (border(edge.from), 1 - border(edge.to))
            guard first < last else { return (a, b) }
            return (
                Point(x: a.x + x * first, y: a.y + y * first), Point(x: a.x + x * last, y: a.y + y * last)
            )
        }

        private mutating func drawLine(_ edge: Edge, _ colour: String) {
            let (a, b) = ends(edge)
            let arrow = "marker-end=\"url(#arrow)\"\(edge.isBothWays ? " marker-start=\"url(#arrow)\"" : "")"
            let faint = graph.edges.count > 12 ? " stroke-opacity=\"0.55\"" : ""
            body.append(
                "<path d=\"M\(Self.n(a.x)) \(Self.n(a.y))L\(Self.n(b.x)) \(Self.n(b.y))\" class=\"link\""
                    + " stroke=\"\(colour)\" color=\"\(colour)\"\(faint) \(arrow)/>")
        }

        private mutating func drawLabel(_ edge: Edge, _ colour: String) {
            let (a, b) = ends(edge)
            // The two directions of one pair are labelled at different thirds.
            let part = edge.isBothWays ? 0.5 : 0.38
            let middle = Point(x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part)
            let lines = edge.label.split(separator: ",").map { $0.drop { $0 == " " } }
            let width = (lines.map { Double($0.count) }.max() ?? 0) * 6.1 + 12
            let height = Double(lines.count) * 14 + 6
            body.append(
                "<rect x=\"\(Self.n(middle.x - width / 2))\" y=\"\(Self.n(middle.y - height / 2))\" rx=\"4\""
                    + " width=\"\(Self.n(width))\" height=\"\(Self.n(height))\" class=\"label\" stroke=\"\(colour)\"/>")
            for (row, line) in lines.enumerated() {
                let y = middle.y - height / 2 + 14 + Double(row) * 14
                text(String(line), middle.x, y, "words middle", colour: colour)
            }
        }

        // MARK: - Boxes

        private mutating func draw(_ box: Box, at place: Point, size: Point) {
            let (left, top) = (place.x - size.x / 2, place.y - size.y / 2)
            body.append("<g><title>\(Self.escape(Self.title(box)))</title>")
            body.append(
                "<rect x=\"\(Self.n(left))\" y=\"\(Self.n(top))\" width=\"\(Self.n(size.x))\""
                    + " height=\"\(Self.n(size.y))\" rx=\"10\" class=\"box\"/>")
            text(box.name, left + 12, top + 22, "name")
            let chips = chips(box)
            var y = top + 32
            let serverCount = box.servers.count
            var number = 0
            for row in chips.agents {
                var x = left + 10
                for chip in row {
                    x = draw(chip: chip, x, y, number < serverCount ? "server" : "client")
                    number += 1
                }
                y += 26
            }
            if !chips.producers.isEmpty { y += 6 }
            for row in chips.producers {
                var x = left + 10
                for chip in row { x = draw(chip: chip, x, y, "producer") }
                y += 26
            }
            body.append("</g>")
        }

        private static func title(_ box: Box) -> String {
            let producers = box.producers.map { "\($0.name), an instance of \($0.service) at \($0.at)" }
            let agents = "\(box.name): \(box.servers.count) servers, \(box.clients.count) client agents"
            return ([agents] + producers).joined(separator: "; ")
        }

        /// - Returns: where the next one begins.
        private mutating func draw(chip: String, _ x: Double, _ y: Double, _ kind: String) -> Double {
            let width = Self.chipWidth(chip)
            body.append(
                "<rect x=\"\(Self.n(x))\" y=\"\(Self.n(y))\" width=\"\(Self.n(width))\" height=\"20\""
                    + " rx=\"\(kind == "server" ? 10 : 3)\" class=\"\(kind)\"/>")
            text(chip, x + width / 2, y + 14, "words middle \(kind)-words")
            return x + width + 6
        }

        // MARK: - Legend and frame

        /// - Returns: where it ends.
        private mutating func drawLegend(_ colours: [String: String]) -> Double {
            var y = size.y + 18
            var x = Self.margin
            var kinds = [("server", "server")]
            if graph.boxes.contains(where: { !$0.clients.isEmpty }) { kinds.append(("client agent", "client")) }
            if graph.boxes.contains(where: { !$0.producers.isEmpty }) { kinds.append(("producer", "producer")) }
            for (word, kind) in kinds { x = draw(chip: word, x, y - 14, kind) + 4 }
            y += 24
            for line in graph.defaults {
                text(line, Self.margin, y, "words")
                size.x = max(size.x, Self.margin * 2 + Double(line.count) * Self.letter)
                y += 18
            }
            guard graph.edges.count > 12 else { return y }
            var seen: [String] = []
            for edge in graph.edges where !seen.contains(edge.label) { seen.append(edge.label) }
            // A legend of all kinds of links is worth reading up to a page.
            for label in seen.prefix(40) {
                let count = graph.edges.count { $0.label == label }
                let colour = colours[label] ?? Self.palette[0]
                body.append(
                    "<path d=\"M\(Self.n(Self.margin)) \(Self.n(y - 4))h34\" class=\"link\" stroke=\"\(colour)\"/>")
                text("\(label) (\(count) link\(count == 1 ? "" : "s"))", Self.margin + 44, y, "words")
                y += 18
            }
            return y
        }

        private mutating func text(_ text: String, _ x: Double, _ y: Double, _ kind: String, colour: String? = nil) {
            let fill = colour.map { " style=\"fill:\($0)\"" } ?? ""
            body.append(
                "<text x=\"\(Self.n(x))\" y=\"\(Self.n(y))\" class=\"\(kind)\"\(fill)>\(Self.escape(text))</text>")
        }

        private mutating func assemble(_ end: Double) -> String {
            let about = graph.topology.about
            size.x = max(size.x, Self.margin * 2 + Double(about.count) * 6.6)
            let (width, height) = (Self.n(size.x), Self.n(end + 10))
            var lines = [
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\""
                    + " height=\"\(height)\" role=\"img\">",
                "<title>\(Self.escape(graph.topology.name))</title>",
                "<style>\(Self.style)</style>",
                "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\""
                    + " markerHeight=\"7\" orient=\"auto-start-reverse\"><path d=\"M0 0L8 4L0 8z\""
                    + " fill=\"context-stroke\"/></marker></defs>",
                "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
                "<text x=\"\(Self.n(Self.margin))\" y=\"34\" class=\"head\">\(Self.escape(graph.topology.name))</text>",
                "<text x=\"\(Self.n(Self.margin))\" y=\"54\" class=\"words\">\(Self.escape(about))</text>",
            ]
            lines += body
            return lines.joined(separator: "\n") + "\n</svg>\n"
        }

        private static let style = """
            text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:#1f2937}\
            .head{font-size:20px;font-weight:700}.name{font-size:14px;font-weight:600}.words{font-size:11.5px}\
            .middle{text-anchor:middle}.box{fill:#f8fafc;stroke:#94a3b8;stroke-width:1.2}\
            .server{fill:#1d4ed8}.server-words{fill:#ffffff}.client{fill:#e0e7ff;stroke:#6366f1}\
            .producer{fill:#ecfdf5;stroke:#10b981;stroke-dasharray:3 2}\
            .plain{stroke:#cbd5e1;stroke-width:1.2;fill:none}.link{stroke-width:1.8;fill:none}\
            .label{fill:#ffffff;stroke-width:0.8}
            """

        private static func escape(_ text: String) -> String {
            var result = ""
            for character in text.unicodeScalars {
                switch character {
                case "&": result += "&amp;"
                case "<": result += "&lt;"
                case ">": result += "&gt;"
                case "\"": result += "&quot;"
                // XML knows no control characters.
                case _ where character.value < 32: result += " "
                default: result.unicodeScalars.append(character)
                }
            }
            return result
        }

        /// Tenths.
        private static func n(_ number: Double) -> String {
            let tenths = Int((number * 10).rounded())
            let sign = tenths < 0 ? "-" : ""
            let size = abs(tenths)
            return sign + (size.isMultiple(of: 10) ? "\(size / 10)" : "\(size / 10).\(size % 10)")
        }
    }
}
