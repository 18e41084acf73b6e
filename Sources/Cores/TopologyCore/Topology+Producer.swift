import Determinism

extension Topology {
    /// A process that answers HTTP, and the service instance it is registered as; its name is the instance's id.
    package struct Producer: Equatable, Sendable {
        package enum Registration: String, Sendable, CaseIterable {
            /// By the `register` action at the agent.
            case http
            /// In the agent's configuration.
            case config
            /// By the `register` action in the catalog, as a node of the producer's name: no agent looks after it.
            case catalog
        }

        package enum Check: String, Sendable, CaseIterable {
            case http, tcp, none
        }

        package enum Family: String, Sendable, CaseIterable {
            case ipv4, ipv6
        }

        package var name: String
        package var service: String
        /// The agent it is registered at.
        package var node: String
        package var registration: Registration
        package var family = Family.ipv4
        package var port: Int
        package var tags: [String]
        package var check: Check
        package var checkPath: String
        package var checkInterval: Duration
        package var checkTimeout: Duration
        /// In the order of their times; before the first it answers 200 with its name at once.
        package var behaviour: [Behaviour] = []
        package var position = TopologyPosition(line: 1, column: 1)

        /// - Parameter age: since the producer's process was started.
        package func conduct(at age: Duration) -> Behaviour.Conduct { behaviour.conduct(at: age) }
    }

    /// How a producer answers from some moment of its life on.
    package struct Behaviour: Equatable, Sendable {
        /// How it answers one request.
        package enum Conduct: Equatable, Sendable {
            /// `body` nil: the producer's name.
            case answer(status: Int, delay: Duration, body: String?)
            /// Accepts and stays silent.
            case hang
            /// Resets connections, so that TCP checks fail too.
            case reset
        }

        package enum Kind: Equatable, Sendable {
            case steady(Conduct)
            /// 503 and 200 in turn, 503 first, each for so long.
            case flap(Duration)
        }

        /// Since the producer's process was started.
        package var from: Duration
        package var kind: Kind

        package init(from: Duration, kind: Kind) {
            self.from = from
            self.kind = kind
        }

        static let well = Conduct.answer(status: 200, delay: .zero, body: nil)

        func conduct(at age: Duration) -> Conduct {
            switch kind {
            case .steady(let conduct): return conduct
            case .flap(let period):
                let turn = (age - from).wholeNanoseconds / max(1, period.wholeNanoseconds)
                return turn.isMultiple(of: 2) ? .answer(status: 503, delay: .zero, body: nil) : Self.well
            }
        }
    }
}

extension [Topology.Behaviour] {
    /// In the order of their times.
    /// - Parameter age: since the producer's process was started.
    package func conduct(at age: Duration) -> Topology.Behaviour.Conduct {
        last { $0.from <= age }.map { $0.conduct(at: age) } ?? Topology.Behaviour.well
    }
}
