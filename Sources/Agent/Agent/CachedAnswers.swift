import Determinism
import FederationModel
import HTTPCore
import NIOCore
import ServerCore
import Synchronization

/// Performs what an `AnswerCache` wants: one blocking query for each entry.
final class CachedAnswers: Sendable {
    private let cache = Mutex(AnswerCache())
    private let answers: AnswerTable
    private let control: ControlLoop

    init(answers: AnswerTable, control: ControlLoop) {
        self.answers = answers
        self.control = control
    }

    func look(_ key: AnswerCache.Key, _ options: QueryOptions) -> AnswerCache.Lookup {
        cache.withLock {
            $0.look(key, beyond: options.minQueryIndex, maxAge: options.maxAge, at: AgentClock.now)
        }
    }

    func store(_ key: AnswerCache.Key, _ request: Request, _ response: Response) {
        follow(cache.withLock { $0.store(key, response, isRefresh: false, at: AgentClock.now) }, key, request)
    }

    private func follow(_ refresh: AnswerCache.Refresh?, _ key: AnswerCache.Key, _ request: Request) {
        guard case .ask(let index, let pause) = refresh else { return }
        guard pause > .zero else { return ask(index, key, request) }
        control.loop.scheduleTask(in: .nanoseconds(pause.wholeNanoseconds)) { self.ask(index, key, request) }
    }

    private func ask(_ index: UInt64, _ key: AnswerCache.Key, _ request: Request) {
        var blocking = request
        var options = request.options ?? QueryOptions()
        options.minQueryIndex = index
        options.maxQueryTime = QueryOptions.maxBlockingTime
        blocking.options = options
        let id = answers.add { [self] answer in
            guard case .request(let result, _) = answer else { return }
            let next = cache.withLock { cache in
                switch result {
                case .success(let response):
                    cache.store(key, response, isRefresh: true, at: AgentClock.now)
                case .failure: cache.failed(key, at: AgentClock.now)
                }
            }
            follow(next, key, request)
        }
        control.submit(.request(id, blocking, timeout: nil))
    }
}
