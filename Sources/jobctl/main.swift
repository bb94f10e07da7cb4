internal import ControlCommands

ControlProgram.main()
