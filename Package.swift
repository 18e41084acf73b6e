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

let package = Package(
    name: "isthmus",
    targets: [
        module("Model", "FederationModel"),
        module("Model", "Determinism"),
        module("Cores", "WireFormat", ["FederationModel", "Determinism"]),
        module("Cores", "HTTPCore", ["FederationModel", "Determinism", "WireFormat"]),
        module("Cores", "DNSCore", ["FederationModel", "Determinism", "WireFormat"]),
        tests("WireFormatTests", ["WireFormat", "FederationModel", "Determinism"]),
        tests("HTTPCoreTests", ["HTTPCore", "WireFormat", "FederationModel", "Determinism"]),
        tests("DNSCoreTests", ["DNSCore", "FederationModel", "Determinism"]),
        module("Cores", "RaftCore", ["FederationModel", "Determinism", "WireFormat"]),
    ]
)
