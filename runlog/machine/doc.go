// Package machine tells what a program runs on, and how much of it processes use.
//
//	m := machine.Describe()   // once a run
//	u := machine.Self()       // this process, now
//	u, err := machine.Tree(pid) // another one with all that it started
//
// What cannot be found out is zero: an unknown model is "", an unknown size or
// limit is 0. Nothing here fails a program, and all of it may be used from any
// goroutine.
//
// # What is known where
//
//	                            Linux   macOS   Windows   other Unix
//	model of the processor      yes     yes     yes       –
//	memory of the machine       yes     yes     yes       –
//	limits of control groups    yes     –       –         –
//	CPU time                    yes     yes     yes       yes
//	memory in use now           yes     –       yes       –
//	most memory in use          yes     yes     yes       yes
//	bytes from and to disks     yes     –       yes       –
//	other processes (Tree)      yes     –       –         –
//
// On Linux bytes read and written are those that reached a disk or came from one;
// what the page cache answered is not among them, and what is written counts as
// soon as it waits for its disk. What recording itself writes is among them. On
// Windows they are all bytes
// that the process read and wrote, since only those are counted there.
package machine
