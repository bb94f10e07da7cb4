internal import Daemon

DaemonProgram.main()
