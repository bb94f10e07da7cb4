internal import Daemon

await DaemonProgram.main()
