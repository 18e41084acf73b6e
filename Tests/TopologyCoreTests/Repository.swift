import Foundation

/// Files of this repository that tests read.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let topologies =
        yaml(in: "Topologies") + yaml(in: "Topologies/federation") + yaml(in: "Topologies/federation/long")
    static let wrong = yaml(in: "Tests/Topologies/wrong")

    private static func yaml(in folder: String) -> [URL] {
        let folder = root.appendingPathComponent(folder)
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (files ?? []).filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
    }
}
