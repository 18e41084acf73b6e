import Glibc
import Testing

extension LiveTests {
    @Suite("Gossip keys") struct KeyringTests {
        @Test("Rotated by the command line over two datacenters; a restart keeps the ring, whatever -encrypt says")
        func rotation() throws {
            try Lab.run { lab in
                let old = "AAECAwQFBgcICQoLDA0ODw=="
                let new = "EBESExQVFhcYGRobHB0eHw=="
                let key = "-encrypt=\(old)"
                let here = try lab.server(1, data: "here", [key, "-datacenter=dc1"])
                let join = "-retry-join-wan=\(lab.address(1))"
                let there = try lab.server(2, data: "there", [key, "-datacenter=dc2", join])
                try eventually("both pools", showing: { there.report }) {
                    here.get("/v1/agent/members?wan=1")?.components("\"Status\":1,") == 2
                        && here.get("/v1/kv/?keys&dc=dc2") == nil && here.get("/v1/catalog/nodes?dc=dc2") != nil
                        ? () : nil
                }
                for words in [["-install=\(new)"], ["-use=\(new)", "-relay-factor=2"], ["-remove", old]] {
                    let command = try lab.command(["keyring"] + words, at: here)
                    #expect(command.exitStatus == 0, "\(words) \(command.report)")
                }
                let refused = try lab.command(["keyring", "-remove=\(new)"], at: here)
                #expect(refused.exitStatus == 1 && refused.errors.contains("Removing the primary key"))
                #expect(try lab.command(["keyring"], at: here).exitStatus == 1)
                let table = try lab.command(["keyring", "-list"], at: there).output
                #expect(
                    table.split(separator: "\n").dropFirst().map { $0.split(separator: " ").joined(separator: " ") }
                        == ["WAN \(new) 2/2 2/2", "dc2 (LAN) \(new) 1/1 1/1", "dc1 (LAN) \(new) 1/1 1/1"])
                let json = try lab.command(["keyring", "-list", "-local-only", "-format=json"], at: here).output
                #expect(json.contains("\"dc1\"") && !json.contains("\"WAN\": true"))

                for name in ["local", "remote"] {
                    let path = lab.path("here/serf/\(name).keyring")
                    #expect(Files.text(path) == "[\"\(new)\"]")
                    var status = stat()
                    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
                }
                #expect(try here.stop() == 0)
                let again = try lab.server(
                    1, data: "here", [key, "-datacenter=dc1", "-retry-join-wan=\(lab.address(2))"])
                #expect(again.output.contains("the saved keyring is used"))
                try eventually("the pool by the new key", showing: { again.report }) {
                    again.get("/v1/agent/members?wan=1")?.components("\"Status\":1,") == 2 ? () : nil
                }
                #expect(try again.stop() == 0)
                try Files.write("[\"short\"]", to: lab.path("here/serf/local.keyring"))
                let broken = try lab.start(1, data: "here", ["-server", "-bootstrap-expect=1", key])
                #expect(try broken.awaitExit() == 1)
                #expect(broken.errors.contains("serf/local.keyring: "), "\(broken.report)")
            }
        }
    }
}
