package import WireFormat

/// Service definitions of a config file in the form `/v1/agent/service/register` takes.
package enum ServiceFile {
    private static let names = [
        "id": "ID", "http": "HTTP", "ttl": "TTL", "tcp": "TCP", "grpc": "GRPC", "grpc_use_tls": "GRPCUseTLS",
        "tls_skip_verify": "TLSSkipVerify", "tls_server_name": "TLSServerName", "service_id": "ServiceID",
        "check_id": "CheckID", "docker_container_id": "DockerContainerID",
    ]
    /// Objects whose own keys are an operator's words.
    private static let opaque: Set<String> = ["meta", "header", "tagged_addresses"]

    /// - Parameter file: an object with `service`, `services`, or the keys of one service.
    package static func services(in file: JSONValue) throws(CommandFailure) -> [JSONValue] {
        guard case .object = file.kind else { throw CommandFailure("expected an object, found \(file.kindName)") }
        var services = file["services"]?.items ?? []
        if let single = file["service"] { services.append(single) }
        if services.isEmpty && file["name"] ?? file["Name"] ?? file["id"] ?? file["ID"] != nil { services = [file] }
        guard !services.isEmpty else { throw CommandFailure("the file has neither service nor services") }
        return services.map { apiForm($0) }
    }

    /// Keys like `enable_tag_override` become `EnableTagOverride`; keys that are in that form stay.
    package static func apiForm(_ value: JSONValue) -> JSONValue {
        switch value.kind {
        case .array(let items): return JSONValue(.array(items.map { apiForm($0) }), at: value.position)
        case .object(let members):
            let renamed = members.map { member in
                let inner = opaque.contains(member.name.lowercased()) ? addresses(member) : apiForm(member.value)
                return JSONMember(name: apiName(member.name), value: inner)
            }
            return JSONValue(.object(renamed), at: value.position)
        case .null, .bool, .number, .string: return value
        }
    }

    /// Tagged addresses keep their tags and have fields of their own.
    private static func addresses(_ member: JSONMember) -> JSONValue {
        guard member.name == "tagged_addresses", case .object(let tags) = member.value.kind else { return member.value }
        let converted = tags.map { JSONMember(name: $0.name, value: apiForm($0.value)) }
        return JSONValue(.object(converted), at: member.value.position)
    }

    private static func apiName(_ name: String) -> String {
        if let known = names[name] { return known }
        guard name.first?.isLowercase == true else { return name }
        return name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}

extension ServiceFile {
    package static func read(_ path: String) throws(CommandFailure) -> JSONValue {
        let bytes = try InputFile.read(path)
        do throws(JSONError) {
            return try JSONReader.read(bytes)
        } catch {
            throw CommandFailure("\(path):\(error)")
        }
    }
}
