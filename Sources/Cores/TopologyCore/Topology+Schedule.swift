extension Topology {
    /// Actions done beside the steps.
    package struct Scheduled: Equatable, Sendable {
        package enum Trigger: Equatable, Sendable {
            /// Since the run began.
            case at(Duration)
            /// When it first holds; a run in which it never does has failed.
            case when(TopologyExpectation)
            /// At `from`, then after each period while it is not past `until`.
            case every(Duration, from: Duration, until: Duration)
        }

        package var position: TopologyPosition
        package var trigger: Trigger
        package var actions: [TopologyAction]
    }

    /// An expectation of the whole run; times count from its beginning.
    package struct RunExpectation: Equatable, Sendable {
        package enum Time: Equatable, Sendable {
            /// Looked at then; the expectation's `within`, zero unless the file gives it, may pass until it holds.
            case at(Duration)
            /// When all else is over and loads have ended.
            case atEnd
            /// Held at every look from `from` to `until`, the end of the run when nil.
            case always(from: Duration, until: Duration?)
            case never(from: Duration, until: Duration?)
            /// Each time that the last cut, clog, freeze, kill or fault of a disk or clock has ended, it holds within.
            case eventuallyAfterHeal(within: Duration)
        }

        package var time: Time
        /// Also the position of the entry.
        package var expectation: TopologyExpectation
        package var position: TopologyPosition
    }

    /// Requests sent in a steady rhythm.
    package struct Load: Equatable, Sendable {
        package enum Kind: String, Sendable, CaseIterable {
            case kvWrite = "kv-write"
            case kvRead = "kv-read"
            /// Passing instances of a service.
            case catalog
        }

        package var name: String
        package var kind: Kind
        /// Asked in turn, as far as they run.
        package var through: TopologySelector
        /// The datacenter asked; empty for the agents' own.
        package var datacenter: String
        package var mode: TopologyExpectation.ReadMode
        /// Requests a second in all.
        package var rate: Int
        /// Writes go round so many keys; nil: each has a key of its own.
        package var keyCount: Int?
        /// Whose keys a `kvRead` reads; empty: a key of its own that nobody writes.
        package var keysOf: String
        /// Of a `catalog` load.
        package var service: String
        package var position: TopologyPosition

        /// `load/<name>/`, the prefix of all keys it writes.
        package var prefix: String { "load/\(name)/" }
    }

    /// When everything whose time the file names is over; a run goes on until then, its steps and its `when`s are done.
    package var lastNamedTime: Duration {
        var last = Duration.zero
        for entry in schedule {
            switch entry.trigger {
            case .at(let time): last = max(last, time)
            case .every(_, _, let until): last = max(last, until)
            case .when: break
            }
        }
        for expectation in expectations {
            switch expectation.time {
            case .at(let time): last = max(last, time + expectation.expectation.within)
            case .always(let from, let until), .never(let from, let until): last = max(last, until ?? from)
            case .atEnd, .eventuallyAfterHeal: break
            }
        }
        return min(last, duration)
    }
}
