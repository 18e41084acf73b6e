package import FederationModel

extension ExplainRequest: WireRecord {
    package init() { self.init(target: "") }

    package static var fieldNames: [String] { ["Target", "Service", "Mode"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Target": target = try reader.read()
        case "Service": service = try reader.read()
        case "Mode": mode = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("Mode")
        writer.write(mode)
        writer.write("Service")
        writer.write(service)
        writer.write("Target")
        writer.write(target)
    }
}

extension RouteExplanation.Server: WireRecord {
    package init() { self.init(name: "") }

    package static var fieldNames: [String] { ["Name", "Address", "RoundTrip", "Position", "Why"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Name": self.name = try reader.read()
        case "Address": address = try reader.read()
        case "RoundTrip": roundTrip = try reader.read()
        case "Position": position = try reader.read()
        case "Why": why = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(5)
        writer.write("Address")
        writer.write(address)
        writer.write("Name")
        writer.write(name)
        writer.write("Position")
        writer.write(position)
        writer.write("RoundTrip")
        writer.write(roundTrip)
        writer.write("Why")
        writer.write(why)
    }
}

extension RouteExplanation.Relay: WireRecord {
    package init() { self.init(datacenter: "") }

    package static var fieldNames: [String] { ["Datacenter", "IsChosen", "Why"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "IsChosen": isChosen = try reader.read()
        case "Why": why = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("IsChosen")
        writer.write(isChosen)
        writer.write("Why")
        writer.write(why)
    }
}

extension RouteExplanation: WireRecord {
    package static var fieldNames: [String] {
        [
            "Server", "Datacenter", "Service", "Mode", "Verdict", "Reason", "Decision", "Error", "Message", "Steps",
            "Servers", "Relays", "HedgeAfter", "SlowAfter",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Server": server = try reader.read()
        case "Datacenter": datacenter = try reader.read()
        case "Service": service = try reader.read()
        case "Mode": mode = try reader.read()
        case "Verdict": verdict = try reader.read()
        case "Reason": reason = try reader.read()
        case "Decision": decision = try reader.read()
        case "Error": error = try reader.read()
        case "Message": message = try reader.read()
        case "Steps": steps = try reader.read()
        case "Servers": servers = try reader.read()
        case "Relays": relays = try reader.read()
        case "HedgeAfter": hedgeAfter = try reader.read()
        case "SlowAfter": slowAfter = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(14)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("Decision")
        writer.write(decision)
        writer.write("Error")
        writer.write(error)
        writer.write("HedgeAfter")
        writer.write(hedgeAfter)
        writer.write("Message")
        writer.write(message)
        writer.write("Mode")
        writer.write(mode)
        writer.write("Reason")
        writer.write(reason)
        writer.write("Relays")
        writer.write(relays)
        writer.write("Server")
        writer.write(server)
        writer.write("Servers")
        writer.write(servers)
        writer.write("Service")
        writer.write(service)
        writer.write("SlowAfter")
        writer.write(slowAfter)
        writer.write("Steps")
        writer.write(steps)
        writer.write("Verdict")
        writer.write(verdict)
    }
}
