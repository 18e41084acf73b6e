import Determinism
import FederationModel
import Testing
import WireFormat

struct JSONReaderTests {
    @Test("RFC 8259: values with their kinds")
    func values() throws {
        let value = try JSONReader.read(Array(#" {"a": [1, -2.5e3, true, null], "b": {"c": "d"}} "#.utf8))
        #expect(value["a"]?.items?.count == 4)
        #expect(value["a"]?.items?[0].integer == 1)
        #expect(value["a"]?.items?[1].double == -2500)
        #expect(value["a"]?.items?[1].integer == nil)
        #expect(value["a"]?.items?[2].boolean == true)
        #expect(value["a"]?.items?[3].isNull == true)
        #expect(value["b"]?["c"]?.text == "d")
    }

    @Test(
        "Strings: escapes, surrogates, text that is not UTF-8",
        arguments: [
            (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"),
            (#""é 日""#, "é 日"), (#""\u00e9\uD83D\uDE00""#, "é😀"),
            (#""\uD83Dx""#, "\u{FFFD}x"), (#""\uDE00\uD83D\u0041""#, "\u{FFFD}\u{FFFD}A"),
        ])
    func strings(text: String, expected: String) throws {
        #expect(try JSONReader.read(Array(text.utf8)).text == expected)
    }

    @Test func invalidUTF8BecomesReplacement() throws {
        #expect(try JSONReader.read([0x22, 0x61, 0xFF, 0x22]).text == "a\u{FFFD}")
    }

    @Test("The last of equal names wins, at the place of the first")
    func duplicates() throws {
        let value = try JSONReader.read(Array(#"{"a":1,"b":2,"a":3}"#.utf8))
        #expect(value.members?.map(\.name) == ["a", "b"])
        #expect(value["a"]?.integer == 3)
    }

    @Test(
        "Errors name line, column and Go's words",
        arguments: [
            ("", "1:1: EOF"), ("  \n ", "2:2: EOF"), ("{", "1:2: unexpected EOF"),
            ("nonsense", "1:2: invalid character 'o' in literal null (expecting 'u')"),
            ("{\n  \"a\": x\n}", "2:8: invalid character 'x' looking for beginning of value"),
            ("[1 2]", "1:4: invalid character '2' after array element"),
            ("{1:2}", "1:2: invalid character '1' looking for beginning of object key string"),
            ("{\"a\" 1}", "1:6: invalid character '1' after object key"),
            ("1 2", "1:3: invalid character '2' after top-level value"),
            ("01", "1:2: invalid character '1' after top-level value"),
            ("-x", "1:2: invalid character 'x' in numeric literal"),
            ("\"\n\"", "1:2: invalid character '\\n' in string literal"),
            ("\"\\q\"", "1:3: invalid character 'q' in string escape code"),
        ])
    func errors(text: String, expected: String) {
        let error = #expect(throws: JSONError.self) { try JSONReader.read(Array(text.utf8)) }
        #expect(error?.description == expected)
    }

    @Test func depthIsBounded() throws {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: JSONReader.maxDepth)
        let closed = deep + [UInt8](repeating: UInt8(ascii: "]"), count: JSONReader.maxDepth)
        #expect(throws: Never.self) { try JSONReader.read(closed) }
        let error = #expect(throws: JSONError.self) { try JSONReader.read([UInt8(ascii: "[")] + deep) }
        #expect(error?.reason == .tooDeep(limit: JSONReader.maxDepth))
    }

    @Test func bodiesMayTrail() throws {
        #expect(try JSONReader.readFirst(Array(#"{"a":1} trailing"#.utf8))["a"]?.integer == 1)
    }

    @Test("Mutated texts are read or refused, never worse; what is read reads back the same")
    func mutations() throws {
        let seed: UInt64 = 20_240_117
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let original =
            #"{"Name":"web","Tags":["a\u003cb","é"],"Port":80,"#
            + #""Check":{"TTL":"10s","x":[1.5e-7,null,true]}}"#
        let text = Array(original.utf8)
        for _ in 0..<5_000 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                default: bytes.remove(at: place)
                }
            }
            guard let value = try? JSONReader.read(bytes) else { continue }
            var json = JSONWriter(isPretty: random.chance(0.5))
            json.write(value)
            #expect(try JSONReader.read(json.finished()) == value)
        }
    }
}

struct JSONWriterTests {
    private func written(isPretty: Bool = false, _ write: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter(isPretty: isPretty)
        write(&json)
        return String(decoding: json.finished(), as: UTF8.self)
    }

    @Test(
        "Go's escapes",
        arguments: [
            ("a<b>&", #""a\u003cb\u003e\u0026""#), ("\"\\/\n\r\t", #""\"\\/\n\r\t""#),
            ("\u{1}\u{8}", #""\u0001\u0008""#),
            ("\u{2028}x\u{2029}", #""\u2028x\u2029""#), ("é日😀", "\"é日😀\""), ("\u{7f}", "\"\u{7f}\""),
        ])
    func escapes(text: String, expected: String) {
        #expect(written { $0.write(text) } == expected)
    }

    @Test(
        "Bytes that are not UTF-8 become \\ufffd, one by one",
        arguments: [
            ([0xFF, 0x61], #""\ufffda""#), ([0xE2, 0x80], #""\ufffd\ufffd""#), ([0xC0, 0xAF], #""\ufffd\ufffd""#),
            ([0xED, 0xA0, 0x80], #""\ufffd\ufffd\ufffd""#), ([0xF4, 0x90, 0x80, 0x80], #""\ufffd\ufffd\ufffd\ufffd""#),
        ] as [([UInt8], String)])
    func invalid(bytes: [UInt8], expected: String) {
        #expect(written { $0.write(ByteString(bytes)) } == expected)
    }

    @Test(
        "Floats as Go prints them",
        arguments: [
            (0, "0"), (1.5, "1.5"), (1e-5, "0.00001"), (1e-6, "0.000001"), (1e-7, "1e-7"), (-1.25e-9, "-1.25e-9"),
            (1e20, "100000000000000000000"), (1e21, "1e+21"), (1.2e22, "1.2e+22"), (100, "100"), (0.1, "0.1"),
            (-0.0, "-0"), (5_202_448, "5202448"), (1.0 / 3, "0.3333333333333333"), (123456789.125, "123456789.125"),
        ] as [(Double, String)])
    func floats(value: Double, expected: String) {
        #expect(JSONWriter.goText(value) == expected)
    }

    @Test func everyFloatReadsBack() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: random.next())
            if value.isFinite { #expect(Double(JSONWriter.goText(value)) == value) }
        }
    }

    @Test("Pretty: four spaces, empty lists on one line, a line feed at the end")
    func pretty() {
        let text = written(isPretty: true) { json in
            json.beginArray()
            json.beginObject()
            json.key("a")
            json.write(1)
            json.key("b")
            json.beginArray()
            json.endArray()
            json.endObject()
            json.endArray()
        }
        #expect(text == "[\n    {\n        \"a\": 1,\n        \"b\": []\n    }\n]\n")
    }

    @Test("Numbers at their ends")
    func numbers() {
        let text = written { json in
            json.beginArray()
            json.write(Int.min)
            json.write(UInt64.max)
            json.write(0)
            json.write(10)
            json.endArray()
        }
        #expect(text == "[-9223372036854775808,18446744073709551615,0,10]")
    }

    @Test(
        "RFC 4648 §10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func base64(text: String, encoded: String) {
        var bytes: [UInt8] = []
        Base64.encode(Array(text.utf8), into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test("What is not base64", arguments: ["Zg=", "Z", "Zg=a", "====", "Z===", "Zm9v!", "=Zg="])
    func notBase64(text: String) { #expect(Base64.decode(text) == nil) }
}
