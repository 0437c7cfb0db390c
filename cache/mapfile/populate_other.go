//go:build !linux

package mapfile

func populate([]byte) {}
