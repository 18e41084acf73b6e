package import Configuration
import Glibc
package import WireFormat

/// Reads the files a command line names and lays everything together.
package enum ConfigurationLoader {
    /// A file beyond this is refused: no sane configuration comes near it.
    package static let maxFileBytes = 4 << 20

    /// What an agent starts with.
    package struct Loaded: Sendable {
        package var configuration: AgentConfiguration
        /// Accepted keys that change nothing yet: worth one line in the log.
        package var keysWithoutEffect: [String]
    }

    /// - Throws: every problem of the flags and all files at once.
    package static func load(_ flags: AgentFlags) throws(ConfigurationError) -> Loaded {
        var problems: [ConfigurationProblem] = []
        var files: [(file: String, tree: ConfigurationValue)] = []
        for source in flags.sources {
            for path in paths(of: source, &problems) {
                guard let bytes = read(path, &problems) else { continue }
                guard let tree = tree(of: bytes, named: path, &problems) else { continue }
                files.append((path, tree))
            }
        }
        var texts: [ConfigurationValue] = []
        for text in flags.texts {
            if let tree = tree(of: Array(text.utf8), named: "-hcl", &problems) { texts.append(tree) }
        }
        var builder = flags.builder(files: files, texts: texts)
        for problem in problems { builder.note(problem.file, problem.key, problem.reason) }
        let configuration = try builder.finished()
        return Loaded(configuration: configuration, keysWithoutEffect: builder.keysWithoutEffect)
    }

    /// Files of a directory are those ending in `.json`, in order of their names. Consul would read `.hcl` too, so
    /// passing over one in silence would lose options; anything else is not configuration.
    private static func paths(of source: AgentFlags.Source, _ problems: inout [ConfigurationProblem]) -> [String] {
        let directory: String
        switch source {
        case .file(let path): return [path]
        case .directory(let path): directory = path
        }
        guard let handle = opendir(directory) else {
            problems.append(.init(file: directory, key: "", reason: reason(errno)))
            return []
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".json") { names.append(name) }
            if name.hasSuffix(".hcl") {
                problems.append(.init(file: "\(directory)/\(name)", key: "", reason: "HCL is not supported, only JSON"))
            }
        }
        return names.sorted().map { directory + "/" + $0 }
    }

    private static func read(_ path: String, _ problems: inout [ConfigurationProblem]) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            problems.append(.init(file: path, key: "", reason: reason(errno)))
            return nil
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                problems.append(.init(file: path, key: "", reason: reason(errno)))
                return nil
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= maxFileBytes else {
                problems.append(.init(file: path, key: "", reason: "is larger than \(maxFileBytes) bytes"))
                return nil
            }
        }
    }

    private static func tree(
        of bytes: [UInt8], named name: String, _ problems: inout [ConfigurationProblem]
    ) -> ConfigurationValue? {
        do throws(JSONError) {
            return ConfigurationValue(try JSONReader.read(bytes))
        } catch {
            problems.append(.init(file: "\(name):\(error.position)", key: "", reason: error.message))
            return nil
        }
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

extension ConfigurationValue {
    /// A JSON tree without its positions; numbers without fraction and exponent become whole ones.
    package init(_ json: JSONValue) {
        self =
            switch json.kind {
            case .null: .null
            case .bool(let value): .bool(value)
            case .number(let literal):
                if let whole = Int64(literal) { .integer(whole) } else { .number(Double(literal) ?? .nan) }
            case .string(let text): .string(text)
            case .array(let items): .array(items.map { ConfigurationValue($0) })
            case .object(let members): .object(members.map { Entry($0.name, ConfigurationValue($0.value)) })
            }
    }
}
