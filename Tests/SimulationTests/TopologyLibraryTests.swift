import Foundation
import Simulation
import Testing
import TopologyCore
import YAMLReader

/// The library of topology files as simulations.
@Suite struct TopologyLibraryTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Topologies")

    /// Those that are too large to run beside other tests; `Scripts/test` runs them all in processes of their own.
    private static let large: Set<String> = ["forty-datacenters", "ten-datacenters"]

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.filter { !large.contains($0) }
            .sorted()
    }()

    static func read(_ name: String) throws -> Topology {
        let path = folder.appendingPathComponent("\(name).yaml").path
        return try TopologyReader.read(try YAMLText.read(try String(contentsOfFile: path, encoding: .utf8)))
    }

    static func run(_ topology: Topology, seed: UInt64) throws -> TopologyReport {
        var options = TopologySimulation.Options()
        options.seed = seed
        var simulation = try TopologySimulation(topology, options)
        return simulation.run()
    }

    @Test("Each file holds what it says", arguments: names)
    func holds(name: String) throws {
        let topology = try Self.read(name)
        let report = try Self.run(topology, seed: 1)
        let (isPassed, text) = (report.isPassed, report.text)
        #expect(isPassed, "\(text)")
    }

    @Test("One seed gives one run, another seed another one", arguments: ["quickstart", "three-datacenters"])
    func repeats(name: String) throws {
        let topology = try Self.read(name)
        let (first, again) = (try Self.run(topology, seed: 7), try Self.run(topology, seed: 7))
        #expect(first.hash == again.hash)
        #expect(first.json == again.json)
        #expect(first.hash != (try Self.run(topology, seed: 8)).hash)
    }
}
