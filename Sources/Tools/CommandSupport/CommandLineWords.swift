/// Go's way to write flags, turned into the parser's: `-name` becomes `--name`, `-switch=true` becomes `--switch`.
package enum CommandLineWords {
    /// Switches of any command but `agent`, which reads its own flags.
    private static let switches: Set<String> = [
        "wan", "detailed", "prune", "recurse", "keys", "cas", "base64", "stale", "tags", "help", "version", "keep",
        "list", "local-only",
    ]
    /// Flags that take a value.
    private static let options: Set<String> = [
        "http-addr", "token", "datacenter", "format", "status", "modify-index", "flags", "separator", "name", "id",
        "address", "port", "tag", "meta", "node", "service", "session", "agent", "runs", "listen", "body", "node-meta",
        "install", "use", "remove", "relay-factor",
    ]
    /// Commands whose own words come after them untouched.
    private static let passthrough: Set<String> = ["agent"]

    /// - Parameter arguments: without the program's own name.
    package static func normalised(_ arguments: [String]) -> [String] {
        var result: [String] = []
        var rest = arguments[...]
        if let first = rest.first, passthrough.contains(first) { return arguments }
        while let word = rest.popFirst() {
            if word == "--" {
                result.append(word)
                result += rest
                return result
            }
            let body = word.drop { $0 == "-" }
            let dashes = word.count - body.count
            let name = String(body.prefix { $0 != "=" })
            guard dashes == 1 || dashes == 2, switches.contains(name) || options.contains(name) else {
                result.append(word)
                continue
            }
            if switches.contains(name), body.count > name.count {
                switch body.dropFirst(name.count + 1).lowercased() {
                case "1", "t", "true": result.append("--\(name)")
                case "0", "f", "false": break
                default: result.append("--\(body)")
                }
            } else {
                result.append("--\(body)")
            }
            if options.contains(name), body.count == name.count, let value = rest.popFirst() { result.append(value) }
        }
        return result
    }
}
