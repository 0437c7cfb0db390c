package capture

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// canBeTerminal says that a terminal can stand for another: here one finds out who
// reads keys from it.
const canBeTerminal = true

// keys passes on what is typed, from a terminal to the pseudo-terminal that a
// program prints to. Pagers read keys there: they open the terminal of their
// stderr by its name. All others read from the terminal itself, and nothing is
// taken away from them.
type keys struct {
	own, terminal *os.File
	stop          *os.File // closed to end it; nil while nothing is passed on
}

// follow begins or ends to pass keys on: while the pseudo-terminal is set to hand
// out single keys, and somebody has it open who can read from it.
func (k *keys) follow(single bool) {
	switch {
	case single && k.stop == nil && isReadBySomebody(k.own):
		ended, stop, err := os.Pipe()
		if err != nil {
			return
		}
		k.stop = stop
		go passKeys(k.own, k.terminal, ended)
	case !single && k.stop != nil:
		_ = k.stop.Close() // nothing was written to it
		k.stop = nil
	}
}

func passKeys(own, terminal, ended *os.File) {
	defer ended.Close()
	buffer := make([]byte, 1024)
	for {
		poll := []unix.PollFd{{Fd: int32(terminal.Fd()), Events: unix.POLLIN}, {Fd: int32(ended.Fd()), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, -1); err == unix.EINTR {
			continue
		} else if err != nil || poll[1].Revents != 0 {
			return
		}
		n, err := terminal.Read(buffer)
		if err == nil {
			_, err = own.Write(buffer[:n])
		}
		if err != nil {
			return // one of them is gone
		}
	}
}

// isReadBySomebody looks for a process that has a pseudo-terminal open to read
// from it. It costs some milliseconds.
func isReadBySomebody(master *os.File) bool {
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		return false
	}
	name := "/dev/pts/" + strconv.Itoa(number)
	links, err := filepath.Glob("/proc/[0-9]*/fd/*") // of the processes that one may look into
	if err != nil {
		return false
	}
	for _, link := range links {
		if to, err := os.Readlink(link); err != nil || to != name {
			continue
		}
		info, err := os.ReadFile(strings.Replace(link, "/fd/", "/fdinfo/", 1))
		if err != nil {
			continue // it has ended
		}
		var position, flags int
		if n, _ := fmt.Sscanf(string(info), "pos: %d\nflags: %o", &position, &flags); n == 2 && flags&unix.O_ACCMODE != unix.O_WRONLY {
			return true
		}
	}
	return false
}
