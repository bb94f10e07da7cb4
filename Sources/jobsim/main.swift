internal import Glibc
internal import ProviderSimulator

exit(Program.run(Array(CommandLine.arguments.dropFirst())))
