import FederationModel
import WireFormat

/// `/v1/snapshot`
extension HTTPRouter {
    func snapshot(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        guard call.request.method == "PUT" else {
            return .request(.isthmusSnapshotSave(call.datacenterRequest()), call.rendering(.snapshot))
        }
        let archive: SnapshotArchive
        do {
            let tar = try context.gzip.unpack(call.request.body)
            archive = try SnapshotArchive(tar: tar)
        } catch let problem as GzipCodec.Problem {
            throw HTTPProblem(status: 500, "failed to decompress snapshot: \(problem.text)")
        } catch let problem as SnapshotArchive.Problem {
            throw HTTPProblem(status: 500, problem.text)
        } catch {
            throw HTTPProblem(status: 500, "failed to read snapshot")
        }
        let request = SnapshotRestoreRequest(
            datacenter: call.datacenter, state: ByteString(archive.state), write: call.write)
        return .request(.isthmusSnapshotRestore(request), call.rendering(.done))
    }

    func render(
        snapshot: SnapshotReply, _ metaHeaders: [(name: String, value: String)], _ errors: ErrorForm
    ) -> HTTPResponse {
        guard let packed = context.gzip.pack(snapshot.archive?.bytes ?? []) else {
            return respond(to: HTTPProblem(status: 500, "the snapshot cannot be packed", kind: .failed), errors)
        }
        let headers = commonHeaders + metaHeaders + [(name: "Content-Type", value: "application/x-gzip")]
        return HTTPResponse(status: 200, headers: headers, body: packed)
    }
}
