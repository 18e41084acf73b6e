import Glibc
import Testing

extension LiveTests {
    /// Each is one clear line, a status that is not 0, and nothing changed on disk.
    @Suite("Bad starts") struct BadStartTests {
        /// A directory in which a server wrote twenty keys and was stopped.
        private func prepare(_ lab: Lab, _ data: String = "data") throws -> String {
            let server = try lab.server(1, data: data)
            for number in 1...20 { #expect(server.put("/v1/kv/key/\(number)", "value \(number)")) }
            #expect(try server.stop() == 0)
            return lab.path(data)
        }

        /// - Returns: the line of standard error.
        @discardableResult
        private func refused(_ agent: AgentRun, _ directory: String, _ words: [String]) throws -> String {
            let before = Files.tree(directory)
            let status = try agent.awaitExit()
            #expect(status == 1, "\(agent.report)")
            let lines = agent.errors.split(separator: "\n")
            #expect(lines.count == 1, "\(agent.report)")
            for word in words { #expect(agent.errors.contains(word), "\(word)\n\(agent.report)") }
            #expect(Files.tree(directory) == before, "the directory was changed")
            return agent.errors
        }

        @Test("Another node's directory, another datacenter's", arguments: [
            (["-node-id=11111111-2222-3333-4444-555555555555"], "belongs to node"),
            (["-datacenter=dc9"], "belongs to datacenter \"dc1\""),
        ])
        func otherOwner(flags: [String], words: String) throws {
            try Lab.run { lab in
                let data = try prepare(lab)
                let before = Files.tree(data)
                try refused(
                    try lab.start(1, data: "data", ["-server", "-bootstrap-expect=1"] + flags), data, [words, "this "])
                #expect(Files.tree(data) == before)
            }
        }

        @Test("A newer format") func newerFormat() throws {
            try Lab.run { lab in
                let data = try prepare(lab)
                let segment = try Files.segment(data)
                var bytes = Files.bytes(segment)
                bytes[8] = 99
                try Files.write(bytes, to: segment)
                let before = Files.tree(data)
                try refused(
                    try lab.start(1, data: "data", ["-server", "-bootstrap-expect=1"]), data,
                    ["has format version 99", "versions up to 1"])
                #expect(Files.tree(data) == before)
            }
        }

        @Test("A flipped byte in the middle names the record") func flippedByte() throws {
            try Lab.run { lab in
                let data = try prepare(lab)
                let segment = try Files.segment(data)
                var bytes = Files.bytes(segment)
                let end = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
                bytes[end / 2] ^= 0x10
                try Files.write(bytes, to: segment)
                let before = Files.tree(data)
                let line = try refused(
                    try lab.start(1, data: "data", ["-server", "-bootstrap-expect=1"]), data, ["is corrupted: record "])
                #expect(line.contains(" at byte ") && line.contains("after entry"))
                #expect(Files.tree(data) == before)
            }
        }

        @Test("A torn tail opens") func tornTail() throws {
            try Lab.run { lab in
                let data = try prepare(lab)
                let segment = try Files.segment(data)
                var bytes = Files.bytes(segment)
                let end = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
                bytes[end - 1] ^= 0x10
                try Files.write(bytes, to: segment)
                let server = try lab.server(1, data: "data")
                #expect(server.output.contains("an unfinished write was cut off"))
                for number in 1...19 { #expect(server.value("key/\(number)") == "value \(number)") }
                #expect(server.put("/v1/kv/more", "1"))
            }
        }

        @Test("A locked directory names the process and leaves its PID file") func locked() throws {
            try Lab.run { lab in
                let holder = try lab.server(1, data: "data", ["-pid-file=\(lab.path("pid"))"])
                // Standing still, so that only the second one could change anything.
                kill(holder.pid, SIGSTOP)
                let before = Files.tree(lab.path("data"))
                let second = try lab.start(
                    2, data: "data", ["-server", "-bootstrap-expect=1", "-pid-file=\(lab.path("pid"))"])
                try refused(second, lab.path("data"), ["is in use by process \(holder.pid)"])
                #expect(Files.tree(lab.path("data")) == before)
                kill(holder.pid, SIGCONT)
                #expect(Files.text(lab.path("pid")) == "\(holder.pid)\n")
                #expect(holder.put("/v1/kv/still", "1"))
            }
        }

        @Test("A taken port: the address, what to do, and no new directory") func takenPort() throws {
            try Lab.run { lab in
                let data = try prepare(lab, "old")
                let before = Files.tree(data)
                let holder = try lab.server(1, data: "data")
                for (name, flags) in [("fresh", ["-node=other"]), ("old", [])] {
                    let second = try lab.start(1, data: name, ["-server", "-bootstrap-expect=1"] + flags)
                    try refused(second, data, ["\(lab.address(1)):8301", "Address already in use", "give another port"])
                }
                #expect(!Files.exists(lab.path("fresh")))
                #expect(Files.tree(data) == before)
                // One port of many: the others are given back, nothing is half there.
                let third = try lab.start(
                    2, data: "fresh", ["-server", "-bootstrap-expect=1", "-client=\(lab.address(1))"])
                try refused(third, data, ["ports.http", "\(lab.address(1)):8500"])
                #expect(!Files.exists(lab.path("fresh")))
                #expect(holder.exitStatus == nil)
            }
        }

        @Test("An address that this machine does not have") func missingAddress() throws {
            try Lab.run { lab in
                let flags = ["-server", "-bootstrap-expect=1", "-bind=192.0.2.1"]
                let agent = try lab.start(1, data: "fresh", flags)
                try refused(agent, lab.folder + "/fresh", ["192.0.2.1:8301", "this machine does not have the address"])
                #expect(!Files.exists(lab.path("fresh")))
            }
        }

        @Test("Everything that is wrong with the configuration, at once") func configuration() throws {
            try Lab.run { lab in
                try Files.write(
                    #"{"serverr": true, "datacenter": 7, "bootstrap_expect": 3, "client_addr": "nowhere"}"#,
                    to: lab.path("c.json"))
                let agent = try lab.start(
                    [
                        "-data-dir=\(lab.path("fresh"))", "-config-file=\(lab.path("c.json"))", "-bind=1.2.3",
                        "-lag-level=debug",
                    ], address: lab.address(1))
                #expect(try agent.awaitExit() == 1)
                for words in [
                    "c.json: serverr: unknown key", "c.json: datacenter: ", "bootstrap_expect: needs server mode",
                    "client_addr: \"nowhere\" is not an IP address", "bind_addr: \"1.2.3\" is not an IP address",
                    "-lag-level: unknown flag",
                ] { #expect(agent.errors.contains(words), "\(words)\n\(agent.errors)") }
                #expect(!Files.exists(lab.path("fresh")))
            }
        }

        @Test("A name that is taken in the datacenter", arguments: [false, true])
        func duplicateName(isServer: Bool) throws {
            try Lab.run { lab in
                let holder = try lab.server(1, data: "data")
                let flags = isServer ? ["-server"] : []
                let second = try lab.start(
                    2, data: "second", flags + ["-retry-join=\(lab.address(1))"], node: "n1")
                let status = try second.awaitExit()
                #expect(status == 1, "\(second.report)")
                let lines = second.errors.split(separator: "\n")
                #expect(lines.count == 1, "\(second.report)")
                for words in ["\"n1\"", lab.address(1), lab.address(2), "give another -node"] {
                    #expect(second.errors.contains(words), "\(second.report)")
                }
                #expect(second.output.contains("[ERROR]"))
                // The one that was there goes on, alone, and says who came.
                #expect(holder.output.contains("two nodes use the same name"))
                #expect(holder.output.contains(lab.address(2)))
                #expect(holder.get("/v1/agent/members")?.contains(lab.address(2)) == false)
                #expect(holder.put("/v1/kv/still", "1"))
            }
        }
    }
}
