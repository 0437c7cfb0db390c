//go:build !unix

package runlog

import "labbook/runlog/event"

// usage is not known on this system.
func usage() event.Usage { return event.Usage{} }
