import FederationModel
import HTTPCore
import Testing

@Suite("/v1/operator/keyring")
struct KeyringTests {
    @Test("Methods are operations", arguments: [
        ("GET", "?relay-factor=3", "", KeyringRequest(operation: "list", relayFactor: 3)),
        ("GET", "?local-only=true", "", KeyringRequest(operation: "list", localOnly: true)),
        ("POST", "?local-only=false", #"{"Key":"YQ=="}"#, KeyringRequest(operation: "install", key: "YQ==")),
        ("PUT", "", #"{"key":"YQ=="}"#, KeyringRequest(operation: "use", key: "YQ==")),
        ("DELETE", "", #"{"Key":"YQ=="}"#, KeyringRequest(operation: "remove", key: "YQ==")),
    ])
    func requests(method: String, query: String, body: String, expected: KeyringRequest) {
        #expect(route(method, "/v1/operator/keyring" + query, body).request == .internalKeyringOperation(expected))
    }

    @Test("Mistakes of the caller", arguments: [
        ("GET", "?relay-factor=6", "", "Invalid relay-factor: Relay factor must be in range: [0, 5]"),
        ("GET", "?relay-factor=x", "", "Error parsing relay factor: strconv.Atoi: parsing \"x\": invalid syntax"),
        ("GET", "?local-only=2", "", "Error parsing local-only: strconv.ParseBool: parsing \"2\": invalid syntax"),
        ("POST", "?local-only=1", "{}", "Invalid use of local-only: local-only can only be set for list requests"),
    ])
    func mistakes(method: String, query: String, body: String, text: String) {
        let response = route(method, "/v1/operator/keyring" + query, body).response
        #expect(response?.status == 400 && response?.text == "Bad request: " + text)
        #expect(route("PUT", "/v1/operator/keyring", "").response?.status == 400)
        #expect(route("PATCH", "/v1/operator/keyring").response?.status == 405)
    }

    @Test("Answers: a list, nothing, or every pool's failure")
    func answers() {
        var lan = KeyringResponse(
            datacenter: "dc1", keys: ["YQ==": 2], primaryKeys: ["YQ==": 2], numNodes: 2)
        let list = Rendering(.keyring(isList: true))
        #expect(
            router.render(list, .success(.keyring(KeyringResponses(responses: [lan])))).text
                == #"[{"WAN":false,"Datacenter":"dc1","Segment":"","Keys":{"YQ==":2},"PrimaryKeys":{"YQ==":2},"#
                + #""NumNodes":2}]"#)
        let change = Rendering(.keyring(isList: false))
        let done = router.render(change, .success(.keyring(KeyringResponses(responses: [lan]))))
        #expect(done.status == 200 && done.body.isEmpty)
        lan.error = "1/2 nodes reported failure"
        lan.messages = ["n1": "no"]
        let failed = router.render(change, .success(.keyring(KeyringResponses(responses: [lan]))))
        #expect(failed.status == 500)
        #expect(
            failed.text
                == "2 errors occurred:\n\t* dc1 (LAN) error: 1/2 nodes reported failure\n\t* n1: no\n\n")
    }
}
