package store

// Stat returns what is known of an entry without reading its payload, which is
// not verified. The error is that of [Store.Get].
func (s *Store) Stat(function string, key Key) (Info, error) {
	info := Info{Function: function, Key: key, Path: s.Path(function, key)}
	if err := info.read(true); err != nil {
		return Info{}, err
	}
	return info, nil
}
