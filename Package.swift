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
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2")
    ],
    targets: [
        module("Model", "FederationModel"),
        module("Model", "Determinism"),
        module("Cores", "WireFormat", ["FederationModel", "Determinism"]),
        module("Cores", "GossipCore", ["FederationModel", "Determinism", "WireFormat"]),
        module("Cores", "SerfCore", ["FederationModel", "Determinism", "WireFormat", "GossipCore"]),
        module(
            "Shells", "GossipCrypto", ["GossipCore", .product(name: "Crypto", package: "swift-crypto")]),
        .target(name: "GossipVectors", path: "Tests/GossipVectors", swiftSettings: settings),
        tests("GossipCoreTests", ["FederationModel", "Determinism", "WireFormat", "GossipCore", "GossipVectors"]),
        tests(
            "SerfCoreTests",
            ["FederationModel", "Determinism", "WireFormat", "GossipCore", "SerfCore", "GossipVectors"]),
        tests("GossipCryptoTests", ["GossipCore", "GossipCrypto", "GossipVectors"]),
        tests("WireFormatTests", ["WireFormat"]),
        module("Cores", "RaftCore", ["FederationModel", "Determinism", "WireFormat"]),
    ]
)
