//go:build unix && !linux

package capture

import "os"

// canBeTerminal says that a terminal can stand for another: here nobody finds out
// who would read keys from it, and a pager would wait for ever.
const canBeTerminal = false

// keys would pass on what is typed.
type keys struct{ own, terminal *os.File }

func (k *keys) follow(bool) {}
