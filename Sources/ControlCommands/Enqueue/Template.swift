internal import CommandLineTool
internal import JSON
internal import JobModel

/// What new jobs are made like: a model and an input, as they were typed, or as another job has them.
struct Template {
    let model: String
    var input: JSONObject
    var label: String?
    var priority: Int64 = 0
    /// The keys that were typed for it.
    var typedKeys: [String] = []
    /// Whether it is another job's: then that one's seed is not made again where new ones are asked for.
    var isCopy = false
    /// The job that it is like, in words; nil for one that was typed.
    var origin: String?
    /// A text that stands for the input until it has been edited.
    var page: String?

    init(model: String, input: JSONObject) {
        self.model = model
        self.input = input
    }

    init(of job: Job) throws {
        guard job.inputRemovedAt == nil else {
            throw Failure(
                .no, "job \(job.id) had its input pruned: what it was asked to make is not known any more",
                hint: "jobctl enqueue \(SafeText.escape(job.model)) …")
        }
        guard let input = try? JSON(parsing: job.input).object else {
            throw Failure(.no, "job \(job.id) has an input that is no JSON object")
        }
        self.init(model: job.model, input: input)
        (label, priority, isCopy, origin) = (job.label, job.priority, true, "like \(job.id)")
    }
}
