;; The memory that an Extism guest and its host share: blocks of bytes, named by the offset of their first one.
;;
;; It is a module of its own, linked beside the guest, so that a guest's loads and stores stay inside of WebAssembly and
;; every engine gives the same answers. It imports nothing. Hosts read the cells at the beginning of the memory and copy
;; blocks in and out; they call `input_new`, `alloc`, `free` and `length`, and check every offset that a guest gave.
;;
;;   8  offset of the input      64  heads of the lists of free blocks, u32 each, by class
;;  16  length of the input     512  the first block's header
;;  24  offset of the output
;;  32  length of the output    A block's header, 16 bytes: u32 room, u32 tag, u64 length.
;;  40  handle of the error     The tag depends on the block's place, and is 0 in a free block, whose length then is the
;;                              next free block.
;;
;; A guest that writes outside of its blocks harms its own call and nothing else.
(module
  (memory (export "memory") 1)
  ;; Behind the last block.
  (global $top (mut i32) (i32.const 512))
  ;; Below this, bytes may be left from earlier. What is handed out was zeroed.
  (global $dirty (mut i32) (i32.const 512))

  ;; The room for a length: multiples of 16, above 64 four steps to each power of two, so that a freed block fits the
  ;; next one of about its size. `$size` is at least 1.
  (func $room (param $size i32) (result i32)
    (local $shift i32)
    (if (i32.le_u (local.get $size) (i32.const 64))
      (then (return (i32.and (i32.add (local.get $size) (i32.const 15)) (i32.const -16)))))
    (local.set $shift
      (i32.sub (i32.const 29) (i32.clz (i32.sub (local.get $size) (i32.const 1)))))
    (i32.shl
      (i32.add (i32.shr_u (i32.sub (local.get $size) (i32.const 1)) (local.get $shift)) (i32.const 1))
      (local.get $shift)))

  ;; Where the list of free blocks with that room begins.
  (func $list (param $room i32) (result i32)
    (local $shift i32)
    (if (i32.le_u (local.get $room) (i32.const 64))
      (then (return (i32.add (i32.const 60) (i32.shr_u (local.get $room) (i32.const 2))))))
    (local.set $shift
      (i32.sub (i32.const 29) (i32.clz (i32.sub (local.get $room) (i32.const 1)))))
    ;; 64 + 4 * (4 + (shift - 4) * 4 + ((room - 1) >> shift) - 4)
    (i32.add (i32.const 64)
      (i32.shl
        (i32.add
          (i32.shl (i32.sub (local.get $shift) (i32.const 4)) (i32.const 2))
          (i32.shr_u (i32.sub (local.get $room) (i32.const 1)) (local.get $shift)))
        (i32.const 2))))

  (func $tag (param $block i32) (result i32)
    (i32.xor (local.get $block) (i32.const 0x43504c47)))

  ;; The block with that handle, or 0.
  (func $live (param $handle i64) (result i32)
    (local $block i32)
    (if (i64.lt_u (local.get $handle) (i64.const 528)) (then (return (i32.const 0))))
    (if (i64.ge_u (local.get $handle) (i64.extend_i32_u (global.get $top))) (then (return (i32.const 0))))
    (local.set $block (i32.wrap_i64 (local.get $handle)))
    (if (i32.and (local.get $block) (i32.const 15)) (then (return (i32.const 0))))
    (select (local.get $block) (i32.const 0)
      (i32.eq
        (i32.load (i32.sub (local.get $block) (i32.const 12)))
        (call $tag (local.get $block)))))

  ;; A new block at the top, its bytes as they are; 0 where the memory does not grow that far.
  (func $carve (param $size i32) (result i32)
    (local $room i32) (local $block i32) (local $end i64) (local $missing i64)
    (local.set $room (call $room (local.get $size)))
    (local.set $block (i32.add (global.get $top) (i32.const 16)))
    (local.set $end
      (i64.add (i64.extend_i32_u (local.get $block)) (i64.extend_i32_u (local.get $room))))
    (if (i64.gt_u (local.get $end) (i64.const 0xffff0000)) (then (return (i32.const 0))))
    (local.set $missing
      (i64.sub (local.get $end) (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16))))
    (if (i64.gt_s (local.get $missing) (i64.const 0))
      (then
        (if
          (i32.eq
            (memory.grow
              (i32.wrap_i64 (i64.shr_u (i64.add (local.get $missing) (i64.const 65535)) (i64.const 16))))
            (i32.const -1))
          (then (return (i32.const 0))))))
    (global.set $top (i32.wrap_i64 (local.get $end)))
    (i32.store (i32.sub (local.get $block) (i32.const 16)) (local.get $room))
    (i32.store (i32.sub (local.get $block) (i32.const 12)) (call $tag (local.get $block)))
    (i64.store (i32.sub (local.get $block) (i32.const 8)) (i64.extend_i32_u (local.get $size)))
    (local.get $block))

  ;; Zeroes what may be left from earlier between two places.
  (func $clean (param $from i32) (param $to i32)
    (if (i32.gt_u (local.get $to) (global.get $dirty)) (then (local.set $to (global.get $dirty))))
    (if (i32.gt_u (local.get $to) (local.get $from))
      (then
        (memory.fill (local.get $from) (i32.const 0) (i32.sub (local.get $to) (local.get $from))))))

  (func $soil
    (if (i32.gt_u (global.get $top) (global.get $dirty)) (then (global.set $dirty (global.get $top)))))

  ;; Begins a call: every block of earlier calls is gone, and a block for the input is there, which the host fills.
  ;; Gives the block; 0 for no input, and where there is no room for it.
  (func (export "input_new") (param $length i64) (result i64)
    (local $block i32)
    (call $soil)
    (global.set $top (i32.const 512))
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 512))
    (if (i64.eqz (local.get $length)) (then (return (i64.const 0))))
    (if (i64.gt_u (local.get $length) (i64.const 0xc0000000)) (then (return (i64.const 0))))
    (local.set $block (call $carve (i32.wrap_i64 (local.get $length))))
    (if (i32.eqz (local.get $block)) (then (return (i64.const 0))))
    ;; The host writes over the rest.
    (call $clean (i32.add (local.get $block) (i32.wrap_i64 (local.get $length))) (global.get $top))
    (i64.store (i32.const 8) (i64.extend_i32_u (local.get $block)))
    (i64.store (i32.const 16) (local.get $length))
    (i64.extend_i32_u (local.get $block)))

  (func (export "alloc") (param $length i64) (result i64)
    (local $size i32) (local $list i32) (local $block i32)
    (if (i64.eqz (local.get $length)) (then (return (i64.const 0))))
    (if (i64.gt_u (local.get $length) (i64.const 0xc0000000)) (then (return (i64.const 0))))
    (local.set $size (i32.wrap_i64 (local.get $length)))
    (local.set $list (call $list (call $room (local.get $size))))
    (local.set $block (i32.load (local.get $list)))
    (if (local.get $block)
      (then
        (i32.store (local.get $list) (i32.load (i32.sub (local.get $block) (i32.const 8))))
        (i32.store (i32.sub (local.get $block) (i32.const 12)) (call $tag (local.get $block)))
        (i64.store (i32.sub (local.get $block) (i32.const 8)) (local.get $length)))
      (else
        (local.set $block (call $carve (local.get $size)))
        (if (local.get $block) (then (call $clean (local.get $block) (global.get $top))))))
    (i64.extend_i32_u (local.get $block)))

  (func (export "free") (param $handle i64)
    (local $block i32) (local $room i32) (local $list i32)
    (local.set $block (call $live (local.get $handle)))
    (if (i32.eqz (local.get $block)) (then (return)))
    (if (i64.eq (local.get $handle) (i64.load (i32.const 8)))
      (then (i64.store (i32.const 8) (i64.const 0)) (i64.store (i32.const 16) (i64.const 0))))
    (i32.store (i32.sub (local.get $block) (i32.const 12)) (i32.const 0))
    (local.set $room (i32.load (i32.sub (local.get $block) (i32.const 16))))
    (if (i32.eq (i32.add (local.get $block) (local.get $room)) (global.get $top))
      (then
        (call $soil)
        (global.set $top (i32.sub (local.get $block) (i32.const 16))))
      (else
        (local.set $list (call $list (local.get $room)))
        (i64.store (i32.sub (local.get $block) (i32.const 8)) (i64.load32_u (local.get $list)))
        (i32.store (local.get $list) (local.get $block)))))

  (func (export "length") (param $handle i64) (result i64)
    (local $block i32)
    (local.set $block (call $live (local.get $handle)))
    (if (i32.eqz (local.get $block)) (then (return (i64.const 0))))
    (i64.load (i32.sub (local.get $block) (i32.const 8))))

  ;; Without the search for the tag: garbage for what is no handle.
  (func (export "length_unsafe") (param $handle i64) (result i64)
    (if (i32.eqz (call $within (local.get $handle) (i64.const 1))) (then (return (i64.const 0))))
    (i64.load (i32.sub (i32.wrap_i64 (local.get $handle)) (i32.const 8))))

  ;; Whether so many bytes lie between the first block and the top.
  (func $within (param $offset i64) (param $length i64) (result i32)
    (local $last i64)
    (local.set $last (i64.sub (i64.extend_i32_u (global.get $top)) (local.get $length)))
    (i32.and
      (i64.ge_u (local.get $offset) (i64.const 512))
      (i32.and
        (i64.ge_s (local.get $last) (i64.const 512))
        (i64.le_u (local.get $offset) (local.get $last)))))

  (func (export "load_u8") (param $offset i64) (result i32)
    (if (i32.eqz (call $within (local.get $offset) (i64.const 1))) (then (return (i32.const 0))))
    (i32.load8_u (i32.wrap_i64 (local.get $offset))))

  (func (export "load_u64") (param $offset i64) (result i64)
    (if (i32.eqz (call $within (local.get $offset) (i64.const 8))) (then (return (i64.const 0))))
    (i64.load (i32.wrap_i64 (local.get $offset))))

  (func (export "store_u8") (param $offset i64) (param $value i32)
    (if (call $within (local.get $offset) (i64.const 1))
      (then (i32.store8 (i32.wrap_i64 (local.get $offset)) (local.get $value)))))

  (func (export "store_u64") (param $offset i64) (param $value i64)
    (if (call $within (local.get $offset) (i64.const 8))
      (then (i64.store (i32.wrap_i64 (local.get $offset)) (local.get $value)))))

  (func (export "input_offset") (result i64) (i64.load (i32.const 8)))
  (func (export "input_length") (result i64) (i64.load (i32.const 16)))

  (func (export "input_load_u8") (param $index i64) (result i32)
    (if (i64.ge_u (local.get $index) (i64.load (i32.const 16))) (then (return (i32.const 0))))
    (i32.load8_u (i32.wrap_i64 (i64.add (i64.load (i32.const 8)) (local.get $index)))))

  (func (export "input_load_u64") (param $index i64) (result i64)
    (local $last i64)
    (local.set $last (i64.sub (i64.load (i32.const 16)) (i64.const 8)))
    (if (i64.lt_s (local.get $last) (i64.const 0)) (then (return (i64.const 0))))
    (if (i64.gt_u (local.get $index) (local.get $last)) (then (return (i64.const 0))))
    (i64.load (i32.wrap_i64 (i64.add (i64.load (i32.const 8)) (local.get $index)))))

  ;; The host checks the range.
  (func (export "output_set") (param $offset i64) (param $length i64)
    (i64.store (i32.const 24) (local.get $offset))
    (i64.store (i32.const 32) (local.get $length)))

  ;; A handle that is none traps: an error must not be lost.
  (func (export "error_set") (param $handle i64)
    (if (i32.eqz (i32.or (i64.eqz (local.get $handle)) (call $live (local.get $handle)))) (then (unreachable)))
    (i64.store (i32.const 40) (local.get $handle)))
  (func (export "error_get") (result i64) (i64.load (i32.const 40))))
