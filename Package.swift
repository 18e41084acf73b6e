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
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
    ],
    targets: [
        module("Model", "FederationModel"),
        module("Model", "Determinism"),
        module("Cores", "WireFormat", ["FederationModel", "Determinism"]),
        module("Cores", "RaftCore", ["FederationModel", "Determinism", "WireFormat"]),
        module("Cores", "HealthCore", ["FederationModel", "Determinism"]),
        .target(name: "CCurl", path: "Sources/Shells/CCurl", linkerSettings: [.linkedLibrary("curl")]),
        module("Shells", "CurlProbes", ["FederationModel", "Determinism", "CCurl"]),
        module(
            "Shells", "NIOTransport",
            [
                "FederationModel", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]),
        tests(
            "NIOTransportTests",
            [
                "FederationModel", "NIOTransport", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        tests("CurlProbesTests", ["FederationModel", "Determinism", "CurlProbes"]),
        tests("HealthCoreTests", ["FederationModel", "Determinism", "HealthCore"]),
    ]
)
