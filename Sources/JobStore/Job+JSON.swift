package import JSON
package import JobModel

extension Job {
    /// The job as other programs read it: the columns of `jobs`, and its outputs. Keys are only ever added.
    package func json(outputs: [Output]) -> JSON {
        .object([
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
            "outputs": .array(outputs.map(\.json)),
        ])
    }
}

extension Output {
    /// The columns of `outputs`.
    package var json: JSON {
        .object([
            "job_id": .integer(jobID), "position": .integer(position), "kind": .string(kind.rawValue),
            "url": .string(url), "path": .optional(path), "bytes": .optional(bytes),
            "sha256": .optional(sha256),
            "media_type": .optional(mediaType), "width": .optional(width), "height": .optional(height),
            "duration_s": .optional(durationSeconds), "state": .string(state.rawValue),
            "downloaded_at": .optional(downloadedAt?.description), "attempts": .integer(attempts),
            "fetched": .integer(fetched), "removed_at": .optional(removedAt?.description),
            "picked_at": .optional(pickedAt?.description),
        ])
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
