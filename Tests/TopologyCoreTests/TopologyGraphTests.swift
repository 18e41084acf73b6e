import Foundation
import FoundationXML
import Testing
import TopologyCore
import YAMLReader

struct TopologyGraphTests {
    private func graph(_ file: URL) throws -> TopologyGraph {
        TopologyGraph(try TopologyReader.read(try YAMLText.read(try String(contentsOf: file, encoding: .utf8))))
    }

    @Test(
        "Every file of Topologies becomes well-formed SVG that names all its agents", arguments: Repository.topologies)
    func svg(file: URL) throws {
        let topology = try TopologyReader.read(try YAMLText.read(try String(contentsOf: file, encoding: .utf8)))
        let svg = TopologyGraph(topology).svg
        let reader = WellFormed()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        let words = reader.texts
        for datacenter in topology.datacenters { #expect(words.contains(datacenter.name)) }
        let chips = topology.agentNames.count + topology.producers.count
        #expect(words.count >= chips + topology.datacenters.count)
        #expect(!svg.contains("http:") || svg.components(separatedBy: "http").count == 2, "nothing is fetched")
    }

    @Test("The same file gives the same picture")
    func repeatable() throws {
        let file = try #require(Repository.topologies.first { $0.lastPathComponent == "hub-and-spoke.yaml" })
        #expect(try graph(file).svg == (try graph(file).svg))
    }

    @Test("Mermaid text: datacenters, agents, producers, links with their conditions")
    func mermaid() throws {
        let text = """
            name: t
            about: two
            datacenters: {dc1: {servers: 1, clients: 1}, end: {servers: 1}, dc3: {servers: 1}}
            producers: {w1: {service: web, at: dc1-c1}}
            links:
              between: {latency: 10ms, loss: 0%}
              pairs:
                - {between: [dc1, dc3], latency: 80ms}
                - {from: end, to: dc1, loss: 10%}
            """
        let graph = TopologyGraph(try TopologyReader.read(try YAMLText.read(text)))
        #expect(
            graph.mermaid == """
                flowchart LR
                    %% t: two
                    %% within a datacenter: 100µs..1ms, 0.2% lost
                    %% between datacenters, unless drawn: 10ms
                    subgraph n_dc1["dc1"]
                        n_dc1_s1(["dc1-s1"])
                        n_dc1_c1["dc1-c1"]
                        n_w1>"w1: web"]
                        n_w1 -.- n_dc1_c1
                    end
                    subgraph n_end["end"]
                        n_end_s1(["end-s1"])
                    end
                    subgraph n_dc3["dc3"]
                        n_dc3_s1(["dc3-s1"])
                    end
                    n_end -->|"10ms, 10% lost"| n_dc1
                    n_dc1 <-->|"80ms"| n_dc3
                    n_end <--> n_dc3

                """)
    }

    /// Collects the text of `text` elements.
    private final class WellFormed: NSObject, XMLParserDelegate {
        var texts: [String] = []
        private var isText = false

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            isText = name == "text"
            if isText { texts.append("") }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) {
            if isText, !texts.isEmpty { texts[texts.count - 1] += string }
        }

        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
        ) { isText = false }
    }
}
