package machine

import "golang.org/x/sys/unix"

// Describe looks at the machine.
func Describe() Description {
	var d Description
	d.CPUModel, _ = unix.Sysctl("machdep.cpu.brand_string") // "" if it is not known
	if size, err := unix.SysctlUint64("hw.memsize"); err == nil {
		d.Memory = int64(size)
	}
	return d
}
