import CommandSupport
import Testing
import WireFormat

struct TableTests {
    @Test("Columns are as wide as their widest cell; empty cells are dashes")
    func columns() {
        var table = TextTable(["Node", "Address"])
        table.add(["a", "127.0.0.1:8301"])
        table.add(["longer", ""])
        #expect(table.text == "Node    Address\na       127.0.0.1:8301\nlonger  -")
    }

    @Test("members prints Consul's columns, sorted by datacenter and name")
    func members() throws {
        let json = try JSONReader.read(
            Array(
                #"""
                [{"Name":"s1.dc2","Addr":"127.0.2.1","Port":8302,"Status":4,
                  "Tags":{"role":"consul","dc":"dc2","build":"1.8.7:0.1.0","vsn":"2"}},
                 {"Name":"c1","Addr":"::1","Port":8301,"Status":1,
                  "Tags":{"role":"node","dc":"dc1","build":"1.8.7:0.1.0","vsn":"2"}},
                 {"Name":"odd","Addr":"127.0.0.9","Port":1,"Status":99,"Tags":null}]
                """#.utf8))
        #expect(
            MembersTable.table(json, isDetailed: false).text == """
                Node    Address         Status   Type     Build  Protocol  DC   Segment
                odd     127.0.0.9:1     unknown  unknown  -      -         -    <default>
                c1      [::1]:8301      alive    client   1.8.7  2         dc1  <default>
                s1.dc2  127.0.2.1:8302  failed   server   1.8.7  2         dc2  <all>
                """)
        let failed = MembersTable.table(json, isDetailed: true) { $0 == "failed" }
        #expect(
            failed.rows == [["s1.dc2", "127.0.2.1:8302", "failed", "build=1.8.7:0.1.0,dc=dc2,role=consul,vsn=2"]])
    }

    @Test("Service files become what the API takes")
    func services() throws {
        let file = try JSONReader.read(
            Array(
                #"""
                {"service": {"name": "web", "id": "w1", "enable_tag_override": true, "meta": {"my_key": "v"},
                 "tagged_addresses": {"wan_ip": {"address": "1.2.3.4", "port": 1}},
                 "checks": [{"http": "http://x", "tls_skip_verify": true, "header": {"x_y": ["z"]}}]}}
                """#.utf8))
        let expected = try JSONReader.read(
            Array(
                #"""
                {"Name": "web", "ID": "w1", "EnableTagOverride": true, "Meta": {"my_key": "v"},
                 "TaggedAddresses": {"wan_ip": {"Address": "1.2.3.4", "Port": 1}},
                 "Checks": [{"HTTP": "http://x", "TLSSkipVerify": true, "Header": {"x_y": ["z"]}}]}
                """#.utf8))
        #expect(try ServiceFile.services(in: file) == [expected])
        #expect(throws: CommandFailure.self) { try ServiceFile.services(in: JSONValue(.array([]))) }
    }
}
