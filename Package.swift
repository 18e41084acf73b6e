// swift-tools-version: 6.2
import PackageDescription

/// A build for `Scripts/explore --mutants` alone: known mistakes can be switched on in it.
let plantsMutants = Context.environment["ISTHMUS_MUTANTS"] != nil

let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
] + (plantsMutants ? [.define("MUTANTS")] : [])

func module(_ layer: String, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)", swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: settings)
}

func tool(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/Tools/\(name)", swiftSettings: settings)
}

/// Every core stands on these.
let base: [Target.Dependency] = ["FederationModel", "Determinism"]

let model: [Target] = [
    module("Model", "FederationModel"),
    module("Model", "Determinism"),
    module("Model", "Configuration", base),
]

let cores: [Target] = [
    module("Cores", "WireFormat", base),
    module("Cores", "RadixTree", ["FederationModel"]),
    module("Cores", "RaftCore", base + ["WireFormat"]),
    module("Cores", "StorageFormat", ["FederationModel", "WireFormat", "RaftCore"]),
    module("Cores", "GossipCore", base + ["WireFormat"]),
    module("Cores", "SerfCore", base + ["WireFormat", "GossipCore"]),
    module("Cores", "FilterCore", ["FederationModel"]),
    module("Cores", "CatalogCore", base + ["FilterCore", "RadixTree", "WireFormat"]),
    module("Cores", "RoutingCore", base),
    module("Cores", "RPCCore", base + ["WireFormat"]),
    module("Cores", "HealthCore", base),
    module("Cores", "HTTPCore", base + ["FilterCore", "WireFormat"]),
    module("Cores", "DNSCore", base + ["WireFormat"]),
    module("Cores", "TopologyCore", base + ["Configuration", "WireFormat"]),
    module(
        "Cores", "ServerCore",
        base + [
            "Configuration", "WireFormat", "RaftCore", "StorageFormat", "GossipCore", "SerfCore", "FilterCore",
            "CatalogCore", "RoutingCore", "RPCCore", "HealthCore",
        ]),
    module(
        "Cores", "AgentCore",
        base + ["Configuration", "DNSCore", "GossipCore", "HTTPCore", "RaftCore", "ServerCore", "WireFormat"]),
]

let shells: [Target] = [
    module("Shells", "Telemetry", ["FederationModel", .product(name: "Logging", package: "swift-log")]),
    .target(name: "CZlib", path: "Sources/Shells/CZlib", linkerSettings: [.linkedLibrary("z")]),
    module(
        "Shells", "NIOTransport",
        base + [
            "CZlib",
            .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        ]),
    module("Shells", "GossipCrypto", ["GossipCore", .product(name: "Crypto", package: "swift-crypto")]),
    module("Shells", "FileStorage", ["FederationModel", "RaftCore", "StorageFormat"]),
    .target(name: "CCurl", path: "Sources/Shells/CCurl", linkerSettings: [.linkedLibrary("curl")]),
    module("Shells", "CurlProbes", base + ["CCurl"]),
    .target(name: "CNamespaces", path: "Sources/Shells/CNamespaces"),
    .target(name: "CRE2", path: "Sources/Shells/CRE2", linkerSettings: [.linkedLibrary("re2")]),
    module("Shells", "Patterns", ["CRE2", "FederationModel"]),
    module("Shells", "Gzip", ["CZlib", "FederationModel"]),
    module("Shells", "YAMLReader", ["TopologyCore", .product(name: "Yams", package: "Yams")]),
    module("Shells", "ClientHTTP", ["CurlProbes"]),
    module("Shells", "ConfigurationFiles", ["Configuration", "WireFormat"]),
]

let agent: [Target] = [
    module(
        "Agent", "Agent",
        base + [
            "AgentCore", "CatalogCore", "Configuration", "ConfigurationFiles", "CurlProbes", "DNSCore", "FileStorage",
            "GossipCore", "GossipCrypto", "Gzip", "HTTPCore", "NIOTransport", "Patterns", "RaftCore", "ServerCore",
            "StorageFormat", "Telemetry", "WireFormat", .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        ]),
    module(
        "Agent", "TopologyRunner",
        base + ["ClientHTTP", "CNamespaces", "Configuration", "TopologyCore", "WireFormat"]),
]

let simulation: [Target] = [
    module(
        "Sim", "Simulation",
        base + [
            "AgentCore", "CatalogCore", "Configuration", "DNSCore", "GossipCore", "HTTPCore", "RaftCore", "SerfCore",
            "ServerCore", "StorageFormat", "TopologyCore", "WireFormat",
        ])
]

let tools: [Target] = [
    module("Tools", "CommandSupport", ["ClientHTTP", "WireFormat"]),
    module(
        "Tools", "Fuzzing",
        base + [
            "CatalogCore", "Configuration", "ConfigurationFiles", "DNSCore", "FilterCore", "GossipCore", "Gzip",
            "HTTPCore", "Patterns", "RPCCore", "RaftCore", "SerfCore", "StorageFormat", "TopologyCore", "WireFormat",
            "YAMLReader",
        ]),
    tool(
        "isthmus",
        base + [
            "Agent", "CatalogCore", "CommandSupport", "Configuration", "ConfigurationFiles", "Fuzzing", "ClientHTTP",
            "Gzip", "Simulation", "TopologyCore", "TopologyRunner", "WireFormat", "YAMLReader",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ]),
]

let package = Package(
    name: "isthmus",
    products: [.executable(name: "isthmus", targets: ["isthmus"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
    ],
    targets: model + cores + shells + agent + simulation + tools
        + (plantsMutants ? [tool("mutants", ["Determinism", "Simulation"])] : []) + [
        tests("AgentCoreTests", base + ["AgentCore", "CatalogCore", "HTTPCore", "RoutingCore", "ServerCore"]),
        tests("CatalogCoreTests", base + ["CatalogCore", "RadixTree", "WireFormat"]),
        tests("ConfigurationTests", ["Configuration", "ConfigurationFiles"]),
        .target(name: "TestProducer", path: "Tests/TestProducer", swiftSettings: settings),
        tests("CurlProbesTests", base + ["CurlProbes", "TestProducer"]),
        tests("DNSCoreTests", base + ["DNSCore"]),
        tests("FilterCoreTests", ["FederationModel", "FilterCore", "Patterns"]),
        tests("FileStorageTests", ["FederationModel", "RaftCore", "StorageFormat", "FileStorage", "WireFormat"]),
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        tests("FuzzingTests", ["AllocationCounter", "Determinism", "Fuzzing"]),
        .target(
            name: "GossipVectors", dependencies: ["Determinism", "GossipCore"], path: "Tests/GossipVectors",
            swiftSettings: settings),
        tests("GossipCoreTests", base + ["WireFormat", "GossipCore", "GossipVectors"]),
        tests("GossipCryptoTests", ["GossipCore", "GossipCrypto", "GossipVectors"]),
        tests("GzipTests", ["FederationModel", "Gzip"]),
        tests("HTTPCoreTests", base + ["HTTPCore", "WireFormat"]),
        tests("HealthCoreTests", base + ["HealthCore"]),
        tests("LiveTests", ["isthmus", "ClientHTTP", "TestProducer"]),
        tests("ModelTests", base),
        tests(
            "NIOTransportTests",
            [
                "FederationModel", "NIOTransport", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        tests("ClientHTTPTests", ["ClientHTTP", "WireFormat"]),
        tests("PatternsTests", ["FederationModel", "Patterns"]),
        tests("RPCCoreTests", base + ["WireFormat", "RPCCore"]),
        tests("RadixTreeTests", base + ["RadixTree"]),
        tests("RaftCoreTests", base + ["RaftCore", "WireFormat"]),
        tests("RoutingCoreTests", base + ["RoutingCore"]),
        tests("SerfCoreTests", base + ["WireFormat", "GossipCore", "GossipVectors", "SerfCore"]),
        tests(
            "SimulationTests",
            base + [
                "AgentCore", "CatalogCore", "GossipCore", "GossipVectors", "HTTPCore", "RaftCore", "ServerCore",
                "Simulation", "TopologyCore", "WireFormat", "YAMLReader",
            ]),
        tests("StorageFormatTests", base + ["RaftCore", "StorageFormat", "WireFormat"]),
        tests("TidyTests", []),
        tests("ToolTests", ["CommandSupport", "ClientHTTP", "WireFormat"]),
        tests("TopologyCoreTests", ["Configuration", "Determinism", "TopologyCore", "YAMLReader"]),
        tests("TopologyRunnerTests", ["ClientHTTP", "TopologyCore", "TopologyRunner", "YAMLReader"]),
        tests("WireFormatTests", base + ["WireFormat", "RPCCore"]),
    ]
)

/// `ISTHMUS_TESTS=RaftCoreTests,TidyTests` leaves the other test targets out: compiling tests is most of a debug build.
if let chosen = Context.environment["ISTHMUS_TESTS"]?.split(separator: ",").map(String.init) {
    package.targets.removeAll { $0.type == .test && !chosen.contains($0.name) }
}
