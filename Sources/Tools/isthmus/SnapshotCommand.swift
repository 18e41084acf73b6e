import ArgumentParser
import CatalogCore
import ClientHTTP
import CommandSupport
import FederationModel
import Gzip
import WireFormat

struct SnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Saves, restores and shows snapshots in Consul's archive format.",
        subcommands: [SnapshotSaveCommand.self, SnapshotRestoreCommand.self, SnapshotInspectCommand.self])

    /// Verified, so that a damaged file is noticed by whoever still has the original.
    static func archive(_ bytes: [UInt8]) throws -> (archive: SnapshotArchive, contents: ConsulSnapshot.Contents) {
        do {
            let archive = try SnapshotArchive(tar: try GzipCodec.zlib.unpack(bytes))
            return (archive, try ConsulSnapshot.decode(archive.state))
        } catch let problem as GzipCodec.Problem {
            throw CommandFailure("failed to decompress snapshot: \(problem.text)")
        } catch let problem as SnapshotArchive.Problem {
            throw CommandFailure(problem.text)
        } catch let problem as ConsulSnapshot.Problem {
            throw CommandFailure(problem.text)
        }
    }
}

struct SnapshotSaveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "save", abstract: "Saves the state of a datacenter.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @Argument(help: "The file to write.") var file: String

    func run() throws {
        let answer = try options.client.call("GET", "/v1/snapshot", datacenter.query)
        let (archive, _) = try SnapshotCommand.archive(answer.body)
        try OutputFile.write(answer.body, to: file)
        options.say("Saved and verified snapshot to index \(archive.meta.index)")
    }
}

struct SnapshotRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Puts a saved state in the place of a datacenter's own.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @Argument(help: "The file to read.") var file: String

    func run() throws {
        let bytes = try InputFile.read(file)
        let (_, contents) = try SnapshotCommand.archive(bytes)
        _ = try options.client.call("PUT", "/v1/snapshot", datacenter.query, body: bytes)
        options.say("Restored snapshot")
        for (name, count) in contents.skipped { options.say("not taken: \(count) \(name)") }
    }
}

struct SnapshotInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Shows what a snapshot holds, and what would not be taken from it.")

    @Argument(help: "The file to read.") var file: String

    func run() throws {
        let (archive, contents) = try SnapshotCommand.archive(try InputFile.read(file))
        let meta = archive.meta
        print("ID           \(meta.id)")
        print("Size         \(meta.size)")
        print("Index        \(meta.index)")
        print("Term         \(meta.term)")
        print("Version      \(meta.version)")
        for (name, count) in contents.skipped { print("not taken    \(count) \(name)") }
    }
}
