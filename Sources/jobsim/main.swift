internal import ProviderSimulator

Program.main()
