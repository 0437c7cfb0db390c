//go:build !unix

package mapfile

import "os"

// checkLimit finds no limit: only Unix has one.
func checkLimit(*os.File, int64) error { return nil }
