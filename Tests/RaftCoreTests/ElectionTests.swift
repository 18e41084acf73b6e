import Determinism
import FederationModel
import RaftCore
import Testing

struct ElectionTests {
    @Test("Raft §5.2: the proposer of a bootstrap leads at once", arguments: [1, 2, 3, 5, 7])
    func bootstrap(count: Int) throws {
        var cluster = Cluster(seed: UInt64(count), count: count)
        cluster.bootstrap(1...count)
        let isElected = cluster.run(within: .milliseconds(50)) { $0[1].node.isReadyForReads }
        #expect(isElected)
        try cluster.write(["a", "b"])
        let isEqual = cluster.converge(within: .milliseconds(50))
        #expect(isEqual)
        for number in 1...count {
            #expect(cluster.texts(number) == ["a", "b"])
            #expect(cluster[number].node.clusterID == Cluster.clusterID)
        }
    }
}
