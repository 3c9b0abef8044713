import WinRMCommands

await Winrs.main()
