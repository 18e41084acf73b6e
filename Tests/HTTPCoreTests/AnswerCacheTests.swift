import Determinism
import FederationModel
import HTTPCore
import Testing

@Suite("Answers of ?cached reads")
struct AnswerCacheTests {
    private func request(_ service: String, index: UInt64 = 0, isCached: Bool = true) -> Request {
        let options = QueryOptions(minQueryIndex: index, useCache: isCached)
        return .healthServiceNodes(ServiceSpecificRequest(datacenter: "dc1", serviceName: service, options: options))
    }

    private func answer(_ index: UInt64) -> Response {
        .checkServiceNodes(IndexedCheckServiceNodes(meta: QueryMeta(index: index)))
    }

    private func at(_ seconds: Int) -> Instant { Instant.zero + .seconds(seconds) }

    @Test("Only reads of instances are kept, by what they ask and not by how long they wait")
    func keys() throws {
        let key = try #require(AnswerCache.key(of: request("web")))
        #expect(AnswerCache.key(of: request("web", index: 9)) == key)
        #expect(AnswerCache.key(of: request("db")) != key)
        #expect(AnswerCache.key(of: request("web", isCached: false)) == nil)
        let keys = Request.kvsGet(KeyRequest(datacenter: "dc1", key: "a", options: QueryOptions(useCache: true)))
        #expect(AnswerCache.key(of: keys) == nil)
    }

    @Test("The first answer is a miss, then its own query keeps it current; without contact it ages")
    func life() throws {
        var cache = AnswerCache()
        let key = try #require(AnswerCache.key(of: request("web")))
        #expect(cache.look(key, beyond: 0, at: at(0)) == .miss)
        #expect(cache.store(key, answer(5), isRefresh: false, at: at(0)) == .ask(index: 5, after: .zero))
        #expect(cache.store(key, answer(5), isRefresh: false, at: at(0)) == nil, "one query is enough")
        #expect(cache.look(key, beyond: 0, at: at(50)) == .hit(answer(5), age: .zero))
        #expect(cache.look(key, beyond: 5, at: at(50)) == .miss, "a caller that waits for newer data")
        #expect(cache.store(key, answer(6), isRefresh: true, at: at(60)) == .ask(index: 6, after: .zero))
        #expect(cache.look(key, beyond: 5, at: at(60)) == .hit(answer(6), age: .zero))
        #expect(cache.failed(key, at: at(70)) == .ask(index: 0, after: .seconds(1)))
        #expect(cache.failed(key, at: at(71)) == .ask(index: 0, after: .seconds(2)))
        #expect(cache.look(key, beyond: 0, at: at(80)) == .hit(answer(6), age: .seconds(10)))
        #expect(cache.store(key, answer(7), isRefresh: true, at: at(81)) == .ask(index: 7, after: .zero))
        #expect(cache.look(key, beyond: 0, at: at(90)) == .hit(answer(7), age: .zero))
        #expect(cache.store(key, answer(8), isRefresh: true, at: at(90) + AnswerCache.idleTime) == .stop)
        #expect(cache.count == 0)
    }

    @Test("A full cache keeps nothing more; callers are answered all the same")
    func bound() throws {
        var cache = AnswerCache()
        for number in 0...AnswerCache.maxCount {
            let key = try #require(AnswerCache.key(of: request("s\(number)")))
            let refresh = cache.store(key, answer(1), isRefresh: false, at: at(0))
            #expect(refresh == (number < AnswerCache.maxCount ? .ask(index: 1, after: .zero) : .stop))
        }
        #expect(cache.count == AnswerCache.maxCount)
    }

    @Test("Headers tell hits from misses")
    func headers() throws {
        var rendering = try #require(route("GET", "/v1/health/service/web?cached").rendering)
        #expect(router.render(rendering, .success(answer(1))).header("X-Cache") == nil)
        rendering.cacheAge = .miss
        #expect(router.render(rendering, .success(answer(1))).header("X-Cache") == "MISS")
        rendering.cacheAge = .hit(.milliseconds(2500))
        let response = router.render(rendering, .success(answer(1)))
        #expect(response.header("X-Cache") == "HIT" && response.header("Age") == "2")
    }

    @Test("Blocked endpoints and response headers of the configuration")
    func configured() {
        var context = HTTPContext(datacenter: "dc1", node: "n1", isServer: true)
        context.blockedEndpoints = ["/v1/acl", "/v1/agent/self"]
        context.responseHeaders = [(name: "X-Own", value: "a")]
        let router = HTTPRouter(context: context)
        var random = SeededRandom(seed: 1)
        for (target, status) in [("/v1/agent/self", 403), ("/v1/acl/tokens", 403), ("/v1/agent/token/x", 405)] {
            let request = HTTPRequest(method: "GET", target: target)
            guard case .respond(let response) = router.route(request, random: &random) else {
                Issue.record("\(target)")
                continue
            }
            #expect(response.status == status && response.header("X-Own") == "a")
        }
    }
}
