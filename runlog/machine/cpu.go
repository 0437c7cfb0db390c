package machine

import (
	"io/fs"
	"strings"
)

// cpuModel reads the name of the processor. The kernel works out the list of all
// processors line by line, with a look at each for its clock: the first ones
// say enough.
func cpuModel(root fs.FS) string {
	text := readStart(root, "proc/cpuinfo", 4096)
	fields := map[string]string{}
	var cores []string // models of Arm cores: there can be several kinds
	implementer := ""
	for line := range strings.Lines(text) {
		name, value, found := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.Join(strings.Fields(value), " ")
		if !found || value == "" {
			continue
		}
		if _, known := fields[name]; !known {
			fields[name] = value
		}
		switch name {
		case "CPU implementer":
			implementer = value
		case "CPU part":
			if core := armCore(implementer, value); len(cores) == 0 || cores[len(cores)-1] != core {
				cores = append(cores, core)
			}
		}
	}
	// x86 and LoongArch; MIPS; POWER; RISC-V; then older Arm kernels.
	for _, name := range []string{"model name", "Model Name", "cpu model", "cpu", "uarch"} {
		if value := fields[name]; value != "" {
			return value
		}
	}
	if len(cores) > 0 {
		return strings.Join(distinct(cores), " and ")
	}
	return fields["Hardware"]
}

func distinct(names []string) []string {
	var list []string
	seen := map[string]bool{}
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	return list
}

// armCore names a core by the numbers with which an Arm processor answers for
// itself; their lists are ARM's "Main ID Register" and those of the makers.
func armCore(implementer, part string) string {
	maker := armMakers[implementer]
	if maker == "" {
		maker = "Arm implementer " + implementer
	}
	if model := armParts[implementer+" "+part]; model != "" {
		return maker + " " + model
	}
	return maker + " part " + part
}

var armMakers = map[string]string{
	"0x41": "ARM", "0x42": "Broadcom", "0x43": "Cavium", "0x46": "Fujitsu", "0x48": "HiSilicon", "0x4e": "NVIDIA",
	"0x50": "Applied Micro", "0x51": "Qualcomm", "0x53": "Samsung", "0x61": "Apple", "0x6d": "Microsoft", "0xc0": "Ampere",
}

var armParts = map[string]string{
	"0x41 0xd03": "Cortex-A53", "0x41 0xd04": "Cortex-A35", "0x41 0xd05": "Cortex-A55", "0x41 0xd07": "Cortex-A57",
	"0x41 0xd08": "Cortex-A72", "0x41 0xd09": "Cortex-A73", "0x41 0xd0a": "Cortex-A75", "0x41 0xd0b": "Cortex-A76",
	"0x41 0xd0c": "Neoverse-N1", "0x41 0xd0d": "Cortex-A77", "0x41 0xd40": "Neoverse-V1", "0x41 0xd41": "Cortex-A78",
	"0x41 0xd44": "Cortex-X1", "0x41 0xd46": "Cortex-A510", "0x41 0xd47": "Cortex-A710", "0x41 0xd48": "Cortex-X2",
	"0x41 0xd49": "Neoverse-N2", "0x41 0xd4a": "Neoverse-E1", "0x41 0xd4d": "Cortex-A715", "0x41 0xd4e": "Cortex-X3",
	"0x41 0xd4f": "Neoverse-V2", "0x41 0xd80": "Cortex-A520", "0x41 0xd81": "Cortex-A720", "0x41 0xd84": "Neoverse-V3",
	"0x41 0xd8e": "Neoverse-N3", "0x43 0x0af": "ThunderX2", "0x46 0x001": "A64FX", "0x48 0xd01": "Kunpeng-920",
	"0x4e 0x004": "Carmel", "0xc0 0xac3": "Ampere-1", "0xc0 0xac4": "Ampere-1a",
	"0x61 0x022": "M1", "0x61 0x023": "M1", "0x61 0x024": "M1 Pro", "0x61 0x025": "M1 Pro", "0x61 0x032": "M2", "0x61 0x033": "M2",
}
