package machine

// Description is what is known of the machine, as far as this process may use it.
type Description struct {
	CPUModel    string  // as the maker names it
	Memory      int64   // bytes that the machine has
	CPULimit    float64 // cores that control groups grant; 0 for no limit
	MemoryLimit int64   // bytes that control groups grant; 0 for no limit
}
