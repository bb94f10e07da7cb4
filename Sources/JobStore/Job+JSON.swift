package import JSON
package import JobModel

extension Job {
    /// The job as other programs read it: the columns of `jobs`, and its outputs. Keys are only ever added.
    ///
    /// - Parameter file: the absolute path of an output's file; nil if there is none.
    package func json(outputs: [Output], file: (Output) -> String?) -> JSON {
        var object = columns
        object["outputs"] = .array(outputs.map { $0.json(file: file($0)) })
        return .object(object)
    }

    /// The columns of `jobs`, in their order.
    package var columns: JSONObject {
        [
            "id": .integer(id), "state": .string(state.rawValue), "model": .string(model),
            "input": (try? JSON(parsing: input)) ?? .string(input), "priority": .integer(priority),
            "label": .optional(label), "key": .optional(key), "not_before": .optional(notBefore?.description),
            "validation": .string(validation.rawValue), "request_id": .optional(requestID),
            "remote_status": .optional(remoteStatus), "queue_position": .optional(queuePosition),
            "submissions": .integer(submissions),
            "cancel_requested_at": .optional(cancelRequestedAt?.description),
            "error_kind": .optional(failureKind?.rawValue), "error_message": .optional(message),
            "price_usd": .optional(priceUSD), "cost_usd": .optional(costUSD),
            "created_at": .string(createdAt.description), "submitted_at": .optional(submittedAt?.description),
            "started_at": .optional(startedAt?.description),
            "finished_at": .optional(finishedAt?.description),
            "ended_at": .optional(endedAt?.description), "next_try_at": .optional(nextTryAt?.description),
            "followed_since": .optional(followedSince?.description),
            "input_removed_at": .optional(inputRemovedAt?.description), "origin": .optional(origin),
            "waits_for": .integer(waitsFor),
        ]
    }
}

extension Output {
    /// The columns of `outputs`, and the absolute path of the file. Only a shared store knows of hosts.
    package func json(file: String?) -> JSON {
        var members: JSONObject = [
            "job_id": .integer(jobID), "position": .integer(position), "kind": .string(kind.rawValue),
            "url": .string(url), "path": .optional(path), "bytes": .optional(bytes),
            "sha256": .optional(sha256),
            "media_type": .optional(mediaType), "width": .optional(width), "height": .optional(height),
            "duration_s": .optional(durationSeconds), "state": .string(state.rawValue),
            "downloaded_at": .optional(downloadedAt?.description), "attempts": .integer(attempts),
            "fetched": .integer(fetched), "removed_at": .optional(removedAt?.description),
            "picked_at": .optional(pickedAt?.description), "object": .optional(object),
            "local": .optional(local?.rawValue),
        ]
        if let host { members["host"] = .string(host) }
        members["file"] = .optional(file)
        return .object(members)
    }
}

extension StoredEvent {
    /// The columns of `events`, with the detail as an object.
    package var json: JSON {
        .object([
            "id": .integer(id), "job_id": .optional(jobID), "at": .string(at.description),
            "kind": .string(kind.rawValue), "detail": (try? JSON(parsing: detail)) ?? .string(detail),
        ])
    }
}
