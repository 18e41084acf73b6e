// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func module(_ layer: String, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)", swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: settings)
}

func tool(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/Tools/\(name)", swiftSettings: settings)
}

let package = Package(
    name: "isthmus",
    products: [.executable(name: "isthmus", targets: ["isthmus"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
    ],
    targets: [
        module("Model", "FederationModel"),
        module("Model", "Determinism"),
        module("Cores", "WireFormat", ["FederationModel", "Determinism"]),
        module("Cores", "RaftCore", ["FederationModel", "Determinism", "WireFormat"]),
        module("Model", "Configuration", ["FederationModel", "Determinism"]),
        module("Cores", "TopologyCore", ["Configuration", "Determinism", "FederationModel"]),
        module("Shells", "YAMLReader", ["TopologyCore", .product(name: "Yams", package: "Yams")]),
        module("Shells", "PlainHTTP"),
        module("Shells", "ConfigurationFiles", ["Configuration", "WireFormat"]),
        module("Agent", "TopologyRunner", ["Configuration", "Determinism", "PlainHTTP", "TopologyCore", "WireFormat"]),
        module("Tools", "CommandSupport", ["PlainHTTP", "WireFormat"]),
        tool(
            "isthmus",
            [
                "CommandSupport", "Configuration", "ConfigurationFiles", "FederationModel", "PlainHTTP",
                "TopologyCore", "TopologyRunner", "WireFormat", "YAMLReader",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        tests("ConfigurationTests", ["Configuration", "ConfigurationFiles"]),
        tests("TopologyCoreTests", ["Configuration", "TopologyCore", "YAMLReader"]),
        tests("TopologyRunnerTests", ["PlainHTTP", "TopologyCore", "TopologyRunner", "YAMLReader"]),
        tests("PlainHTTPTests", ["PlainHTTP"]),
        tests("ToolTests", ["CommandSupport", "PlainHTTP", "WireFormat"]),
    ]
)
