import TopologyCore

// Agents and producers as processes: started, ended, frozen.
extension TopologySimulation {
    mutating func start(_ names: [String], _ index: Int) {
        mark(index)
        for name in names where !view.running.contains(name) && view.exists(name) { start(name) }
        finish(index)
    }

    private mutating func start(_ name: String) {
        if let host = federation.hostOf[name] {
            clients.world.start(host)
            expectedToEnd.remove(name)
        } else if let producer = federation.producerOf[name] {
            clients.world.setProducer(producer, isRunning: true)
        }
        view.running.insert(name)
        view.leftProcesses.insert(name)
        wounds.remove("killed \(name)")
    }

    mutating func restart(_ names: [String], _ disk: TopologyAction.Disk, _ index: Int) {
        for name in names where !view.running.contains(name) && view.exists(name) {
            guard let host = federation.hostOf[name] else { continue }
            switch disk {
            case .kept: break
            case .empty: clients.world.replaceDisk(host)
            case .unsyncedLost: clients.world.loseUnsynced(host)
            }
        }
        start(names, index)
    }

    mutating func kill(_ name: String) {
        guard view.running.remove(name) != nil else { return }
        view.leftProcesses.remove(name)
        if let host = federation.hostOf[name] {
            // The kernel keeps what a killed process wrote; `unsynced-lost` takes it.
            clients.world.kill(host, losesUnsynced: false)
        } else if let producer = federation.producerOf[name] {
            clients.world.setProducer(producer, isRunning: false)
        }
        wounds.remove("frozen \(name)")
        wounds.add("killed \(name)")
    }

    mutating func stop(_ names: [String], _ index: Int) {
        mark(index)
        let running = names.filter { view.running.contains($0) }
        for name in running {
            if let host = federation.hostOf[name] {
                expectedToEnd.insert(name)
                clients.world.terminate(host, leave: federation.leavesOnTerminate[host])
            } else if let producer = federation.producerOf[name] {
                clients.world.setProducer(producer, isRunning: false)
                view.running.remove(name)
                view.leftProcesses.remove(name)
            }
        }
        finish(index)
        wait(index, for: .ended(running, deadline: now + Self.endTimeout))
        scripts[index].isReady = true
    }

    mutating func eachHost(
        _ who: TopologySelector, _ index: Int, _ body: (inout World, Int) -> Void
    ) throws(FederationReason) {
        let names = try names(who).filter { view.running.contains($0) }
        var isFreeze = false
        if case .freeze = scripts[index].actions[0].kind { isFreeze = true }
        mark(index)
        for name in names {
            if let host = federation.hostOf[name] {
                body(&clients.world, host)
            } else if let producer = federation.producerOf[name] {
                clients.world.setProducer(producer, isFrozen: isFreeze)
            }
            if isFreeze { wounds.add("frozen \(name)") } else { wounds.remove("frozen \(name)") }
        }
        finish(index)
    }
}
