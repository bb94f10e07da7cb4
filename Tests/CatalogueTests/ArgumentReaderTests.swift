import Catalogue
import JSON
import Testing

@Suite("Reading KEY=VALUE")
struct ArgumentReaderTests {
    static let readings: [(Sample, [String], String)] = [
        (.edit, [], "{}"),
        (.edit, ["prompt=a cat"], #"{"prompt":"a cat"}"#),
        (.edit, ["prompt="], #"{"prompt":""}"#),
        (.edit, ["prompt=5"], #"{"prompt":"5"}"#),
        (.edit, ["prompt=a=b:=c"], #"{"prompt":"a=b:=c"}"#),
        (.edit, ["prompt:=\"a\\nb\""], #"{"prompt":"a\nb"}"#),
        (.edit, ["prompt=\u{301}a"], "{\"prompt\":\"\u{301}a\"}"),
        (.edit, ["promt=x"], #"{"promt":"x"}"#),
        (.edit, ["images=https://a.b/1"], #"{"images":["https://a.b/1"]}"#),
        (.edit, ["images=a:1", "prompt=x", "images=./2"], #"{"images":["a:1","file:./2"],"prompt":"x"}"#),
        (.edit, [#"images:=["1","2"]"#], #"{"images":["1","2"]}"#),
        (.edit, [#"images:=["1","2"]"#, "images=3"], #"{"images":["1","2","file:3"]}"#),
        (.edit, ["images=a-1", #"images:="2""#], #"{"images":["file:a-1","2"]}"#),
        (.edit, ["images:=[]"], #"{"images":[]}"#),
        (.edit, ["images:=[[1]]"], #"{"images":[[1]]}"#),
        (.edit, [#"images:="1""#], #"{"images":"1"}"#),
        (.edit, ["prompt=a", "prompt=b"], #"{"prompt":["a","b"]}"#),
        (.edit, ["resolution=1k"], #"{"resolution":"1K"}"#),
        (.edit, ["resolution=2K"], #"{"resolution":"2K"}"#),
        (.edit, ["resolution=4"], #"{"resolution":"4K"}"#),
        (.edit, ["resolution=2560"], #"{"resolution":"2560x1440 (16:9)"}"#),
        (.edit, ["resolution=8K"], #"{"resolution":"8K"}"#),
        (.edit, ["resolution="], #"{"resolution":""}"#),
        (.sequential, ["seed=007"], #"{"seed":"007"}"#),
        (.sequential, ["seed=9007199254740993"], #"{"seed":9007199254740993}"#),
        (.sequential, ["seed=1.0"], #"{"seed":1.0}"#), (.sequential, ["seed=-3"], #"{"seed":-3}"#),
        (.sequential, ["seed=1e400"], #"{"seed":1e400}"#), (.sequential, ["seed=x"], #"{"seed":"x"}"#),
        (.sequential, ["seed="], #"{"seed":""}"#), (.sequential, ["seed=nan"], #"{"seed":"nan"}"#),
        (.sequential, ["seed=true"], #"{"seed":"true"}"#),
        (
            .sequential, ["sequential_image_generation_options=1"],
            #"{"sequential_image_generation_options":1}"#
        ),
        (.sequential, ["optimize_prompt_options=S"], #"{"optimize_prompt_options":"standard"}"#),
        (.sequential, ["image_size=2048"], #"{"image_size":"2048:2048 (1:1)"}"#),
        (
            .video, ["duration=5", "resolution=10", "ratio=a"],
            #"{"duration":5,"resolution":"1080p","ratio":"adaptive"}"#
        ),
        (
            .video, ["generate_audio=no", "camera_fixed=TRUE"],
            #"{"generate_audio":false,"camera_fixed":true}"#
        ),
        (.video, ["generate_audio=maybe"], #"{"generate_audio":"maybe"}"#),
        (.video, ["generate_audio:=false"], #"{"generate_audio":false}"#),
    ]

    @Test(arguments: readings)
    func `values are read as the schema's type`(_ sample: Sample, _ arguments: [String], _ expected: String)
        throws
    {
        let schema = try sample.schema()
        #expect(JSON.object(try schema.read(arguments)).text == expected)
    }

    @Test func `types beyond those of the four models are read as well`() throws {
        let schema = try schema(
            """
            {"properties": {
                "scale": {"type": "float"}, "lora": {"type": "object"}, "tags": {"type": "array"},
                "sizes": {"type": "array", "items": {"type": "integer"}},
                "modes": {"type": "array", "items": {"type": "string", "enum": ["fast", "slow"]}},
                "odd": {"type": "quaternion"},
                "pace": {"enum": ["fast", "faster"]}, "level": {"enum": [1, 10, "auto"]}
            }}
            """)
        let input = try schema.read([
            "scale=0.50", #"lora={"path": "x"}"#, "tags=5", "sizes=5", "sizes=x", "modes=s", "modes=f",
            "odd=1", "level=a", "pace=FAST",
        ])
        #expect(
            JSON.object(input).text
                == #"{"scale":0.50,"lora":{"path":"x"},"tags":["5"],"sizes":[5,"x"],"modes":["slow","fast"],"#
                + #""odd":"1","level":"auto","pace":"fast"}"#)
        #expect(JSON.object(try schema.read(["lora=[1]"])).text == #"{"lora":"[1]"}"#)
    }

    @Test func `without a schema everything is text, unless it is given as JSON`() throws {
        let input = try ArgumentReader(schema: nil).read([
            "a=1", "b=x", "c:=1.50", "b=y", "d:=null", "ä.b=true",
        ])
        #expect(JSON.object(input).text == #"{"a":"1","b":["x","y"],"c":1.50,"d":null,"ä.b":"true"}"#)
    }

    static let refusals: [(String, String)] = [
        ("prompt", #""prompt" is not KEY=VALUE"#), ("", #""" is not KEY=VALUE"#),
        ("=x", #""=x" has no key before its "=""#), (":=1", #"":=1" has no key before its "=""#),
        (
            "images:=[1,]",
            "the value of images is not JSON: expected a value at character 4; "
                + "for plain text write images=TEXT"
        ),
        (
            #"a:={"b":1,"b":2}"#,
            #"the value of a is not JSON: the key "b" appears twice at character 8; "#
                + "for plain text write a=TEXT"
        ),
        (
            "optimize_prompt_options:=fast",
            "the value of optimize_prompt_options is not JSON: expected a value at character 1; "
                + "for plain text write optimize_prompt_options=TEXT"
        ),
        (
            "image_size=2",
            #"image_size=2 could be "2048:2048 (1:1)", "2304:1728 (4:3)", "#
                + #""2560:1440 (16:9)", "2496:1664 (3:2)""#
        ),
    ]

    @Test(arguments: refusals)
    func `what cannot be read is refused with its reason`(_ argument: String, _ message: String) throws {
        let schema = try Sample.sequential.schema()
        let error = #expect(throws: ArgumentError.self) { try schema.read([argument]) }
        #expect(error?.description == message)
    }

    @Test(
        arguments: [
            ("a=1,2", ["a=1", "a=2"]), ("a=x", ["a=x"]), ("a=", ["a="]), ("a=1,,2", ["a=1", "a=", "a=2"]),
            ("a=b=c,d", ["a=b=c", "a=d"]), (#"a:=["x, y",2]"#, [#"a:="x, y""#, "a:=2"]), ("a:=[]", []),
            (#"a:=[["u","v"],["w"]]"#, [#"a:=["u","v"]"#, #"a:=["w"]"#]),
            ("a=x,\u{301}y", ["a=x", "a=\u{301}y"]),
        ] as [(String, [String])])
    func `one word that stands for several is cut at commas, or holds a JSON array`(
        _ argument: String, _ words: [String]
    ) throws {
        #expect(try ArgumentReader.alternatives(argument) == words)
    }

    @Test func `a word that is no list of values is refused`() {
        #expect(throws: ArgumentError.noArray(key: "a")) { try ArgumentReader.alternatives("a:=1") }
        #expect(throws: ArgumentError.noEqualsSign("a")) { try ArgumentReader.alternatives("a") }
        #expect(throws: ArgumentError.self) { try ArgumentReader.alternatives("a:=[1") }
    }

    @Test func `what a person mistyped is then named by validation`() throws {
        let schema = try Sample.sequential.schema()
        let input = JSON.object(try schema.read(["text=a", "text=b", "seed=x", "sed=1"]))
        #expect(
            schema.violations(in: input).map(\.description) == [
                "$.text: must be a string, not an array",
                #"$.seed: must be an integer, not the string "x""#,
                #"$.sed: is not known to this model; did you mean "seed"?"#,
            ])
    }
}
