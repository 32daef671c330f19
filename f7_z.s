	.file	"f7_z.c"
	.section	.rodata.cst16,"aM",@progbits,16
	.p2align	4, 0x0                          # -- Begin function w
.LCPI0_0:
	.long	268427264                       # 0xfffe000
	.long	268427264                       # 0xfffe000
	.long	268427264                       # 0xfffe000
	.long	268427264                       # 0xfffe000
.LCPI0_1:
	.long	0x77800000                      # float 5.19229686E+33
	.long	0x77800000                      # float 5.19229686E+33
	.long	0x77800000                      # float 5.19229686E+33
	.long	0x77800000                      # float 5.19229686E+33
.LCPI0_2:
	.long	31744                           # 0x7c00
	.long	31744                           # 0x7c00
	.long	31744                           # 0x7c00
	.long	31744                           # 0x7c00
.LCPI0_3:
	.long	2139095040                      # 0x7f800000
	.long	2139095040                      # 0x7f800000
	.long	2139095040                      # 0x7f800000
	.long	2139095040                      # 0x7f800000
.LCPI0_4:
	.long	2147483648                      # 0x80000000
	.long	2147483648                      # 0x80000000
	.long	2147483648                      # 0x80000000
	.long	2147483648                      # 0x80000000
	.section	.rodata.cst4,"aM",@progbits,4
	.p2align	2, 0x0
.LCPI0_5:
	.long	0x77800000                      # float 5.19229686E+33
	.text
	.globl	w
	.p2align	4
	.type	w,@function
w:                                      # @w
.Lfunc_begin0:
	.file	1 "/tmp" "f7_z.c"
	.loc	1 2 0                           # f7_z.c:2:0
	.cfi_startproc
# %bb.0:
	#DEBUG_VALUE: w:h <- $rdi
	#DEBUG_VALUE: w:f <- $rsi
	#DEBUG_VALUE: w:n <- $rdx
	#DEBUG_VALUE: th_widen_f16:h <- $rdi
	#DEBUG_VALUE: th_widen_f16:f <- $rsi
	#DEBUG_VALUE: th_widen_f16:n <- $rdx
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
.Ltmp0:
	#DEBUG_VALUE: j <- 0
	.file	2 "/tmp/f7" "src/theano/codegen/include/half.h"
	.loc	2 67 29 prologue_end            # src/theano/codegen/include/half.h:67:29 @[ f7_z.c:2:52 ]
	testq	%rdx, %rdx
.Ltmp1:
	.loc	2 67 5                          # src/theano/codegen/include/half.h:67:5 @[ f7_z.c:2:52 ]
	jle	.LBB0_7
.Ltmp2:
# %bb.1:
	#DEBUG_VALUE: w:h <- $rdi
	#DEBUG_VALUE: w:f <- $rsi
	#DEBUG_VALUE: w:n <- $rdx
	#DEBUG_VALUE: th_widen_f16:h <- $rdi
	#DEBUG_VALUE: th_widen_f16:f <- $rsi
	#DEBUG_VALUE: th_widen_f16:n <- $rdx
	#DEBUG_VALUE: j <- 0
	.loc	2 0 5 is_stmt 0                 # src/theano/codegen/include/half.h:0:5
	xorl	%eax, %eax
	.loc	2 67 5                          # src/theano/codegen/include/half.h:67:5 @[ f7_z.c:2:52 ]
	cmpq	$8, %rdx
	jb	.LBB0_5
.Ltmp3:
# %bb.2:
	#DEBUG_VALUE: w:h <- $rdi
	#DEBUG_VALUE: w:f <- $rsi
	#DEBUG_VALUE: w:n <- $rdx
	#DEBUG_VALUE: th_widen_f16:h <- $rdi
	#DEBUG_VALUE: th_widen_f16:f <- $rsi
	#DEBUG_VALUE: th_widen_f16:n <- $rdx
	#DEBUG_VALUE: j <- 0
	.loc	2 0 5                           # src/theano/codegen/include/half.h:0:5
	movabsq	$9223372036854775800, %rax      # imm = 0x7FFFFFFFFFFFFFF8
	andq	%rdx, %rax
	xorl	%ecx, %ecx
	pxor	%xmm0, %xmm0
	movdqa	.LCPI0_0(%rip), %xmm1           # xmm1 = [268427264,268427264,268427264,268427264]
	movaps	.LCPI0_1(%rip), %xmm2           # xmm2 = [5.19229686E+33,5.19229686E+33,5.19229686E+33,5.19229686E+33]
	movdqa	.LCPI0_2(%rip), %xmm3           # xmm3 = [31744,31744,31744,31744]
	movdqa	.LCPI0_3(%rip), %xmm4           # xmm4 = [2139095040,2139095040,2139095040,2139095040]
	movdqa	.LCPI0_4(%rip), %xmm5           # xmm5 = [2147483648,2147483648,2147483648,2147483648]
.Ltmp4:
	.p2align	4
.LBB0_3:                                # =>This Inner Loop Header: Depth=1
	#DEBUG_VALUE: w:h <- $rdi
	#DEBUG_VALUE: w:f <- $rsi
	#DEBUG_VALUE: w:n <- $rdx
	#DEBUG_VALUE: th_widen_f16:h <- $rdi
	#DEBUG_VALUE: th_widen_f16:f <- $rsi
	#DEBUG_VALUE: th_widen_f16:n <- $rdx
	#DEBUG_VALUE: j <- 0
	.loc	2 67 58                         # src/theano/codegen/include/half.h:67:58 @[ f7_z.c:2:52 ]
	movq	(%rdi,%rcx,2), %xmm7            # xmm7 = mem[0],zero
	movq	8(%rdi,%rcx,2), %xmm6           # xmm6 = mem[0],zero
.Ltmp5:
	.loc	2 12 35                         # src/theano/codegen/include/half.h:12:35 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	punpcklwd	%xmm7, %xmm8            # xmm8 = xmm8[0],xmm7[0],xmm8[1],xmm7[1],xmm8[2],xmm7[2],xmm8[3],xmm7[3]
	.loc	2 9 53                          # src/theano/codegen/include/half.h:9:53 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	punpcklwd	%xmm0, %xmm7            # xmm7 = xmm7[0],xmm0[0],xmm7[1],xmm0[1],xmm7[2],xmm0[2],xmm7[3],xmm0[3]
	.loc	2 12 35                         # src/theano/codegen/include/half.h:12:35 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	punpcklwd	%xmm6, %xmm9            # xmm9 = xmm9[0],xmm6[0],xmm9[1],xmm6[1],xmm9[2],xmm6[2],xmm9[3],xmm6[3]
	.loc	2 9 53 is_stmt 1                # src/theano/codegen/include/half.h:9:53 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	punpcklwd	%xmm0, %xmm6            # xmm6 = xmm6[0],xmm0[0],xmm6[1],xmm0[1],xmm6[2],xmm0[2],xmm6[3],xmm0[3]
	.loc	2 9 65 is_stmt 0                # src/theano/codegen/include/half.h:9:65 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	movdqa	%xmm7, %xmm10
	pslld	$13, %xmm10
	movdqa	%xmm6, %xmm11
	pslld	$13, %xmm11
	pand	%xmm1, %xmm10
	pand	%xmm1, %xmm11
	.loc	2 10 9                          # src/theano/codegen/include/half.h:10:9 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	mulps	%xmm2, %xmm10
	mulps	%xmm2, %xmm11
	.loc	2 11 15                         # src/theano/codegen/include/half.h:11:15 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	pand	%xmm3, %xmm7
	pand	%xmm3, %xmm6
	.loc	2 11 25                         # src/theano/codegen/include/half.h:11:25 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	pcmpeqd	%xmm3, %xmm7
	pcmpeqd	%xmm3, %xmm6
	.loc	2 11 12                         # src/theano/codegen/include/half.h:11:12 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	pand	%xmm4, %xmm7
	pand	%xmm4, %xmm6
	.loc	2 12 35                         # src/theano/codegen/include/half.h:12:35 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	pand	%xmm5, %xmm8
	.loc	2 11 9 is_stmt 1                # src/theano/codegen/include/half.h:11:9 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	por	%xmm7, %xmm8
	.loc	2 12 9                          # src/theano/codegen/include/half.h:12:9 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	por	%xmm10, %xmm8
	.loc	2 12 35 is_stmt 0               # src/theano/codegen/include/half.h:12:35 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	pand	%xmm5, %xmm9
	.loc	2 11 9 is_stmt 1                # src/theano/codegen/include/half.h:11:9 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	por	%xmm6, %xmm9
	.loc	2 12 9                          # src/theano/codegen/include/half.h:12:9 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	por	%xmm11, %xmm9
.Ltmp6:
	.loc	2 67 44                         # src/theano/codegen/include/half.h:67:44 @[ f7_z.c:2:52 ]
	movdqu	%xmm8, (%rsi,%rcx,4)
	movdqu	%xmm9, 16(%rsi,%rcx,4)
	.loc	2 67 35                         # src/theano/codegen/include/half.h:67:35 @[ f7_z.c:2:52 ]
	addq	$8, %rcx
.Ltmp7:
	.loc	2 67 5                          # src/theano/codegen/include/half.h:67:5 @[ f7_z.c:2:52 ]
	cmpq	%rcx, %rax
	jne	.LBB0_3
.Ltmp8:
# %bb.4:
	#DEBUG_VALUE: w:h <- $rdi
	#DEBUG_VALUE: w:f <- $rsi
	#DEBUG_VALUE: w:n <- $rdx
	#DEBUG_VALUE: th_widen_f16:h <- $rdi
	#DEBUG_VALUE: th_widen_f16:f <- $rsi
	#DEBUG_VALUE: th_widen_f16:n <- $rdx
	#DEBUG_VALUE: j <- 0
	.loc	2 67 5                          # src/theano/codegen/include/half.h:67:5 @[ f7_z.c:2:52 ]
	cmpq	%rax, %rdx
	je	.LBB0_7
.Ltmp9:
.LBB0_5:
	#DEBUG_VALUE: w:h <- $rdi
	#DEBUG_VALUE: w:f <- $rsi
	#DEBUG_VALUE: w:n <- $rdx
	#DEBUG_VALUE: th_widen_f16:h <- $rdi
	#DEBUG_VALUE: th_widen_f16:f <- $rsi
	#DEBUG_VALUE: th_widen_f16:n <- $rdx
	#DEBUG_VALUE: j <- 0
	.loc	2 0 5 is_stmt 0                 # src/theano/codegen/include/half.h:0:5
	movss	.LCPI0_5(%rip), %xmm0           # xmm0 = [5.19229686E+33,0.0E+0,0.0E+0,0.0E+0]
	movl	$2139095040, %ecx               # imm = 0x7F800000
.Ltmp10:
	.p2align	4
.LBB0_6:                                # =>This Inner Loop Header: Depth=1
	#DEBUG_VALUE: w:h <- $rdi
	#DEBUG_VALUE: w:f <- $rsi
	#DEBUG_VALUE: w:n <- $rdx
	#DEBUG_VALUE: th_widen_f16:h <- $rdi
	#DEBUG_VALUE: th_widen_f16:f <- $rsi
	#DEBUG_VALUE: th_widen_f16:n <- $rdx
	#DEBUG_VALUE: j <- $rax
	.loc	2 67 58                         # src/theano/codegen/include/half.h:67:58 @[ f7_z.c:2:52 ]
	movswl	(%rdi,%rax,2), %r8d
.Ltmp11:
	#DEBUG_VALUE: th_from_f16:h <- $r8d
	.loc	2 9 65 is_stmt 1                # src/theano/codegen/include/half.h:9:65 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	movl	%r8d, %r9d
	shll	$13, %r9d
	andl	$268427264, %r9d                # imm = 0xFFFE000
.Ltmp12:
	#DEBUG_VALUE: th_from_f16:x <- $r9d
	.loc	2 10 9                          # src/theano/codegen/include/half.h:10:9 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	movd	%r9d, %xmm1
	mulss	%xmm0, %xmm1
	movd	%xmm1, %r9d
.Ltmp13:
	#DEBUG_VALUE: th_from_f16:x <- $r9d
	.loc	2 11 25 is_stmt 0               # src/theano/codegen/include/half.h:11:25 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	movl	%r8d, %r10d
	notl	%r10d
	testl	$31744, %r10d                   # imm = 0x7C00
	.loc	2 11 12                         # src/theano/codegen/include/half.h:11:12 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	movl	$0, %r10d
	cmovel	%ecx, %r10d
.Ltmp14:
	#DEBUG_VALUE: th_from_f16:x <- undef
	.loc	2 12 35                         # src/theano/codegen/include/half.h:12:35 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	andl	$-2147483648, %r8d              # imm = 0x80000000
.Ltmp15:
	.loc	2 11 9 is_stmt 1                # src/theano/codegen/include/half.h:11:9 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	orl	%r10d, %r8d
	.loc	2 12 9                          # src/theano/codegen/include/half.h:12:9 @[ src/theano/codegen/include/half.h:67:46 @[ f7_z.c:2:52 ] ]
	orl	%r9d, %r8d
.Ltmp16:
	#DEBUG_VALUE: th_from_f16:x <- $r8d
	.loc	2 67 44                         # src/theano/codegen/include/half.h:67:44 @[ f7_z.c:2:52 ]
	movl	%r8d, (%rsi,%rax,4)
	.loc	2 67 35                         # src/theano/codegen/include/half.h:67:35 @[ f7_z.c:2:52 ]
	addq	$1, %rax
.Ltmp17:
	#DEBUG_VALUE: j <- $rax
	.loc	2 67 29                         # src/theano/codegen/include/half.h:67:29 @[ f7_z.c:2:52 ]
	cmpq	%rax, %rdx
.Ltmp18:
	.loc	2 67 5                          # src/theano/codegen/include/half.h:67:5 @[ f7_z.c:2:52 ]
	jne	.LBB0_6
.Ltmp19:
.LBB0_7:
	#DEBUG_VALUE: w:h <- $rdi
	#DEBUG_VALUE: w:f <- $rsi
	#DEBUG_VALUE: w:n <- $rdx
	.loc	1 2 72 epilogue_begin           # f7_z.c:2:72
	popq	%rbp
	.cfi_def_cfa %rsp, 8
	retq
.Ltmp20:
.Lfunc_end0:
	.size	w, .Lfunc_end0-w
	.cfi_endproc
                                        # -- End function
	.section	.rodata.cst16,"aM",@progbits,16
	.p2align	4, 0x0                          # -- Begin function nn
.LCPI1_0:
	.long	32768                           # 0x8000
	.long	32768                           # 0x8000
	.long	32768                           # 0x8000
	.long	32768                           # 0x8000
.LCPI1_1:
	.long	0x7fffffff                      # float NaN
	.long	0x7fffffff                      # float NaN
	.long	0x7fffffff                      # float NaN
	.long	0x7fffffff                      # float NaN
.LCPI1_2:
	.long	0x3f000000                      # float 0.5
	.long	0x3f000000                      # float 0.5
	.long	0x3f000000                      # float 0.5
	.long	0x3f000000                      # float 0.5
.LCPI1_3:
	.long	1                               # 0x1
	.long	1                               # 0x1
	.long	1                               # 0x1
	.long	1                               # 0x1
.LCPI1_4:
	.long	3355447295                      # 0xc8000fff
	.long	3355447295                      # 0xc8000fff
	.long	3355447295                      # 0xc8000fff
	.long	3355447295                      # 0xc8000fff
.LCPI1_5:
	.long	2147483648                      # 0x80000000
	.long	2147483648                      # 0x80000000
	.long	2147483648                      # 0x80000000
	.long	2147483648                      # 0x80000000
.LCPI1_6:
	.long	4286578688                      # 0xff800000
	.long	4286578688                      # 0xff800000
	.long	4286578688                      # 0xff800000
	.long	4286578688                      # 0xff800000
.LCPI1_7:
	.long	31744                           # 0x7c00
	.long	31744                           # 0x7c00
	.long	31744                           # 0x7c00
	.long	31744                           # 0x7c00
.LCPI1_8:
	.long	32256                           # 0x7e00
	.long	32256                           # 0x7e00
	.long	32256                           # 0x7e00
	.long	32256                           # 0x7e00
.LCPI1_9:
	.long	3095396351                      # 0xb87fffff
	.long	3095396351                      # 0xb87fffff
	.long	3095396351                      # 0xb87fffff
	.long	3095396351                      # 0xb87fffff
.LCPI1_10:
	.long	3347054591                      # 0xc77fffff
	.long	3347054591                      # 0xc77fffff
	.long	3347054591                      # 0xc77fffff
	.long	3347054591                      # 0xc77fffff
	.section	.rodata.cst4,"aM",@progbits,4
	.p2align	2, 0x0
.LCPI1_11:
	.long	0x3f000000                      # float 0.5
	.text
	.globl	nn
	.p2align	4
	.type	nn,@function
nn:                                     # @nn
.Lfunc_begin1:
	.loc	1 3 0                           # f7_z.c:3:0
	.cfi_startproc
# %bb.0:
	#DEBUG_VALUE: nn:f <- $rdi
	#DEBUG_VALUE: nn:h <- $rsi
	#DEBUG_VALUE: nn:n <- $rdx
	#DEBUG_VALUE: th_narrow_f16:f <- $rdi
	#DEBUG_VALUE: th_narrow_f16:h <- $rsi
	#DEBUG_VALUE: th_narrow_f16:n <- $rdx
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
.Ltmp21:
	#DEBUG_VALUE: j <- 0
	.loc	2 93 29 prologue_end            # src/theano/codegen/include/half.h:93:29 @[ f7_z.c:3:53 ]
	testq	%rdx, %rdx
.Ltmp22:
	.loc	2 93 5                          # src/theano/codegen/include/half.h:93:5 @[ f7_z.c:3:53 ]
	jle	.LBB1_8
.Ltmp23:
# %bb.1:
	#DEBUG_VALUE: nn:f <- $rdi
	#DEBUG_VALUE: nn:h <- $rsi
	#DEBUG_VALUE: nn:n <- $rdx
	#DEBUG_VALUE: th_narrow_f16:f <- $rdi
	#DEBUG_VALUE: th_narrow_f16:h <- $rsi
	#DEBUG_VALUE: th_narrow_f16:n <- $rdx
	#DEBUG_VALUE: j <- 0
	cmpq	$4, %rdx
	jae	.LBB1_3
.Ltmp24:
# %bb.2:
	#DEBUG_VALUE: nn:f <- $rdi
	#DEBUG_VALUE: nn:h <- $rsi
	#DEBUG_VALUE: nn:n <- $rdx
	#DEBUG_VALUE: th_narrow_f16:f <- $rdi
	#DEBUG_VALUE: th_narrow_f16:h <- $rsi
	#DEBUG_VALUE: th_narrow_f16:n <- $rdx
	#DEBUG_VALUE: j <- 0
	.loc	2 0 5 is_stmt 0                 # src/theano/codegen/include/half.h:0:5
	xorl	%eax, %eax
	.loc	2 93 5                          # src/theano/codegen/include/half.h:93:5 @[ f7_z.c:3:53 ]
	jmp	.LBB1_6
.Ltmp25:
.LBB1_3:
	#DEBUG_VALUE: nn:f <- $rdi
	#DEBUG_VALUE: nn:h <- $rsi
	#DEBUG_VALUE: nn:n <- $rdx
	#DEBUG_VALUE: th_narrow_f16:f <- $rdi
	#DEBUG_VALUE: th_narrow_f16:h <- $rsi
	#DEBUG_VALUE: th_narrow_f16:n <- $rdx
	#DEBUG_VALUE: j <- 0
	.loc	2 0 5                           # src/theano/codegen/include/half.h:0:5
	movabsq	$9223372036854775804, %rax      # imm = 0x7FFFFFFFFFFFFFFC
	andq	%rdx, %rax
	xorl	%ecx, %ecx
	movaps	.LCPI1_2(%rip), %xmm2           # xmm2 = [5.0E-1,5.0E-1,5.0E-1,5.0E-1]
	movdqa	.LCPI1_3(%rip), %xmm3           # xmm3 = [1,1,1,1]
	movdqa	.LCPI1_4(%rip), %xmm4           # xmm4 = [3355447295,3355447295,3355447295,3355447295]
	movdqa	.LCPI1_5(%rip), %xmm5           # xmm5 = [2147483648,2147483648,2147483648,2147483648]
	movdqa	.LCPI1_6(%rip), %xmm6           # xmm6 = [4286578688,4286578688,4286578688,4286578688]
	movdqa	.LCPI1_7(%rip), %xmm7           # xmm7 = [31744,31744,31744,31744]
	movdqa	.LCPI1_8(%rip), %xmm8           # xmm8 = [32256,32256,32256,32256]
	movdqa	.LCPI1_9(%rip), %xmm9           # xmm9 = [3095396351,3095396351,3095396351,3095396351]
	movdqa	.LCPI1_10(%rip), %xmm10         # xmm10 = [3347054591,3347054591,3347054591,3347054591]
.Ltmp26:
	.p2align	4
.LBB1_4:                                # =>This Inner Loop Header: Depth=1
	#DEBUG_VALUE: nn:f <- $rdi
	#DEBUG_VALUE: nn:h <- $rsi
	#DEBUG_VALUE: nn:n <- $rdx
	#DEBUG_VALUE: th_narrow_f16:f <- $rdi
	#DEBUG_VALUE: th_narrow_f16:h <- $rsi
	#DEBUG_VALUE: th_narrow_f16:n <- $rdx
	#DEBUG_VALUE: j <- 0
	.loc	2 93 56                         # src/theano/codegen/include/half.h:93:56 @[ f7_z.c:3:53 ]
	movups	(%rdi,%rcx,4), %xmm13
.Ltmp27:
	.loc	2 20 25                         # src/theano/codegen/include/half.h:20:25 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	movaps	%xmm13, %xmm11
	.loc	2 21 9 is_stmt 1                # src/theano/codegen/include/half.h:21:9 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	movaps	%xmm13, %xmm12
	andps	.LCPI1_1(%rip), %xmm12
	.loc	2 22 19                         # src/theano/codegen/include/half.h:22:19 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	movaps	%xmm12, %xmm14
	addps	%xmm2, %xmm14
	.loc	2 23 48 is_stmt 0               # src/theano/codegen/include/half.h:23:48 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	psrld	$13, %xmm13
	.loc	2 23 54                         # src/theano/codegen/include/half.h:23:54 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	pand	%xmm3, %xmm13
	.loc	2 23 28                         # src/theano/codegen/include/half.h:23:28 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	paddd	%xmm12, %xmm13
	.loc	2 24 25 is_stmt 1               # src/theano/codegen/include/half.h:24:25 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	por	%xmm5, %xmm12
	movdqa	%xmm12, %xmm15
	pcmpgtd	%xmm6, %xmm15
	.loc	2 24 21 is_stmt 0               # src/theano/codegen/include/half.h:24:21 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	movdqa	%xmm15, %xmm0
	pandn	%xmm7, %xmm0
	pand	%xmm8, %xmm15
	por	%xmm0, %xmm15
	.loc	2 25 22 is_stmt 1               # src/theano/codegen/include/half.h:25:22 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	movdqa	%xmm12, %xmm0
	pcmpgtd	%xmm9, %xmm0
	.loc	2 25 18 is_stmt 0               # src/theano/codegen/include/half.h:25:18 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	movdqa	%xmm0, %xmm1
	pandn	%xmm14, %xmm1
	.loc	2 23 41 is_stmt 1               # src/theano/codegen/include/half.h:23:41 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	paddd	%xmm4, %xmm13
	.loc	2 23 60 is_stmt 0               # src/theano/codegen/include/half.h:23:60 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	psrld	$13, %xmm13
	.loc	2 25 18 is_stmt 1               # src/theano/codegen/include/half.h:25:18 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	pand	%xmm13, %xmm0
	por	%xmm1, %xmm0
	.loc	2 26 41                         # src/theano/codegen/include/half.h:26:41 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	pcmpgtd	%xmm10, %xmm12
	.loc	2 26 37 is_stmt 0               # src/theano/codegen/include/half.h:26:37 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	pand	%xmm12, %xmm15
	pandn	%xmm0, %xmm12
	.loc	2 20 25 is_stmt 1               # src/theano/codegen/include/half.h:20:25 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	psrld	$16, %xmm11
	.loc	2 20 31 is_stmt 0               # src/theano/codegen/include/half.h:20:31 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	pand	.LCPI1_0(%rip), %xmm11
	.loc	2 26 37 is_stmt 1               # src/theano/codegen/include/half.h:26:37 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	por	%xmm11, %xmm15
	.loc	2 26 34                         # src/theano/codegen/include/half.h:26:34 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	por	%xmm12, %xmm15
	.loc	2 26 12 is_stmt 0               # src/theano/codegen/include/half.h:26:12 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	pshuflw	$232, %xmm15, %xmm0             # xmm0 = xmm15[0,2,2,3,4,5,6,7]
	pshufhw	$232, %xmm0, %xmm0              # xmm0 = xmm0[0,1,2,3,4,6,6,7]
	pshufd	$232, %xmm0, %xmm0              # xmm0 = xmm0[0,2,2,3]
.Ltmp28:
	.loc	2 93 44 is_stmt 1               # src/theano/codegen/include/half.h:93:44 @[ f7_z.c:3:53 ]
	movq	%xmm0, (%rsi,%rcx,2)
	.loc	2 93 35                         # src/theano/codegen/include/half.h:93:35 @[ f7_z.c:3:53 ]
	addq	$4, %rcx
.Ltmp29:
	.loc	2 93 5                          # src/theano/codegen/include/half.h:93:5 @[ f7_z.c:3:53 ]
	cmpq	%rcx, %rax
	jne	.LBB1_4
.Ltmp30:
# %bb.5:
	#DEBUG_VALUE: nn:f <- $rdi
	#DEBUG_VALUE: nn:h <- $rsi
	#DEBUG_VALUE: nn:n <- $rdx
	#DEBUG_VALUE: th_narrow_f16:f <- $rdi
	#DEBUG_VALUE: th_narrow_f16:h <- $rsi
	#DEBUG_VALUE: th_narrow_f16:n <- $rdx
	#DEBUG_VALUE: j <- 0
	.loc	2 93 5                          # src/theano/codegen/include/half.h:93:5 @[ f7_z.c:3:53 ]
	cmpq	%rax, %rdx
	je	.LBB1_8
.Ltmp31:
.LBB1_6:
	#DEBUG_VALUE: nn:f <- $rdi
	#DEBUG_VALUE: nn:h <- $rsi
	#DEBUG_VALUE: nn:n <- $rdx
	#DEBUG_VALUE: th_narrow_f16:f <- $rdi
	#DEBUG_VALUE: th_narrow_f16:h <- $rsi
	#DEBUG_VALUE: th_narrow_f16:n <- $rdx
	#DEBUG_VALUE: j <- 0
	.loc	2 0 5 is_stmt 0                 # src/theano/codegen/include/half.h:0:5
	movaps	.LCPI1_1(%rip), %xmm0           # xmm0 = [NaN,NaN,NaN,NaN]
	movss	.LCPI1_11(%rip), %xmm1          # xmm1 = [5.0E-1,0.0E+0,0.0E+0,0.0E+0]
.Ltmp32:
	.p2align	4
.LBB1_7:                                # =>This Inner Loop Header: Depth=1
	#DEBUG_VALUE: nn:f <- $rdi
	#DEBUG_VALUE: nn:h <- $rsi
	#DEBUG_VALUE: nn:n <- $rdx
	#DEBUG_VALUE: th_narrow_f16:f <- $rdi
	#DEBUG_VALUE: th_narrow_f16:h <- $rsi
	#DEBUG_VALUE: th_narrow_f16:n <- $rdx
	#DEBUG_VALUE: j <- $rax
	#DEBUG_VALUE: th_to_f16:f <- undef
	#DEBUG_VALUE: th_to_f16:x <- undef
	#DEBUG_VALUE: th_to_f16:sign <- undef
	.loc	2 20 23                         # src/theano/codegen/include/half.h:20:23 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	movss	(%rdi,%rax,4), %xmm2            # xmm2 = mem[0],zero,zero,zero
	movmskps	%xmm2, %ecx
	.loc	2 20 25                         # src/theano/codegen/include/half.h:20:25 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	shll	$15, %ecx
.Ltmp33:
	#DEBUG_VALUE: th_to_f16:sign <- $ecx
	.loc	2 21 9 is_stmt 1                # src/theano/codegen/include/half.h:21:9 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	andps	%xmm0, %xmm2
	#DEBUG_VALUE: th_to_f16:x <- undef
	movd	%xmm2, %r8d
	.loc	2 22 19                         # src/theano/codegen/include/half.h:22:19 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	addss	%xmm1, %xmm2
.Ltmp34:
	#DEBUG_VALUE: th_to_f16:small <- undef
	.loc	2 23 28                         # src/theano/codegen/include/half.h:23:28 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	btl	$13, %r8d
	movl	%r8d, %r9d
	adcl	$-939520001, %r9d               # imm = 0xC8000FFF
	.loc	2 23 60 is_stmt 0               # src/theano/codegen/include/half.h:23:60 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	shrl	$13, %r9d
.Ltmp35:
	#DEBUG_VALUE: th_to_f16:normal <- $r9d
	.loc	2 24 25 is_stmt 1               # src/theano/codegen/include/half.h:24:25 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	xorl	%r10d, %r10d
	cmpl	$2139095041, %r8d               # imm = 0x7F800001
	setae	%r10b
	.loc	2 24 21 is_stmt 0               # src/theano/codegen/include/half.h:24:21 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	orl	$62, %r10d
	shll	$9, %r10d
.Ltmp36:
	#DEBUG_VALUE: th_to_f16:huge <- $r10d
	.loc	2 25 22 is_stmt 1               # src/theano/codegen/include/half.h:25:22 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	cmpl	$947912704, %r8d                # imm = 0x38800000
	.loc	2 25 18 is_stmt 0               # src/theano/codegen/include/half.h:25:18 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	movd	%xmm2, %r11d
	cmovael	%r9d, %r11d
.Ltmp37:
	#DEBUG_VALUE: th_to_f16:h <- undef
	.loc	2 26 41 is_stmt 1               # src/theano/codegen/include/half.h:26:41 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	cmpl	$1199570944, %r8d               # imm = 0x47800000
	.loc	2 26 37 is_stmt 0               # src/theano/codegen/include/half.h:26:37 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	cmovael	%r10d, %r11d
	.loc	2 26 34                         # src/theano/codegen/include/half.h:26:34 @[ src/theano/codegen/include/half.h:93:46 @[ f7_z.c:3:53 ] ]
	orl	%ecx, %r11d
.Ltmp38:
	.loc	2 93 44 is_stmt 1               # src/theano/codegen/include/half.h:93:44 @[ f7_z.c:3:53 ]
	movw	%r11w, (%rsi,%rax,2)
	.loc	2 93 35                         # src/theano/codegen/include/half.h:93:35 @[ f7_z.c:3:53 ]
	addq	$1, %rax
.Ltmp39:
	#DEBUG_VALUE: j <- $rax
	.loc	2 93 29                         # src/theano/codegen/include/half.h:93:29 @[ f7_z.c:3:53 ]
	cmpq	%rax, %rdx
.Ltmp40:
	.loc	2 93 5                          # src/theano/codegen/include/half.h:93:5 @[ f7_z.c:3:53 ]
	jne	.LBB1_7
.Ltmp41:
.LBB1_8:
	#DEBUG_VALUE: nn:f <- $rdi
	#DEBUG_VALUE: nn:h <- $rsi
	#DEBUG_VALUE: nn:n <- $rdx
	.loc	1 3 74 epilogue_begin           # f7_z.c:3:74
	popq	%rbp
	.cfi_def_cfa %rsp, 8
	retq
.Ltmp42:
.Lfunc_end1:
	.size	nn, .Lfunc_end1-nn
	.cfi_endproc
                                        # -- End function
	.section	.debug_loc,"",@progbits
.Ldebug_loc0:
	.quad	.Ltmp0-.Lfunc_begin0
	.quad	.Ltmp10-.Lfunc_begin0
	.short	3                               # Loc expr size
	.byte	17                              # DW_OP_consts
	.byte	0                               # 0
	.byte	159                             # DW_OP_stack_value
	.quad	.Ltmp10-.Lfunc_begin0
	.quad	.Ltmp19-.Lfunc_begin0
	.short	1                               # Loc expr size
	.byte	80                              # DW_OP_reg0
	.quad	0
	.quad	0
.Ldebug_loc1:
	.quad	.Ltmp11-.Lfunc_begin0
	.quad	.Ltmp15-.Lfunc_begin0
	.short	1                               # Loc expr size
	.byte	88                              # super-register DW_OP_reg8
	.quad	0
	.quad	0
.Ldebug_loc2:
	.quad	.Ltmp12-.Lfunc_begin0
	.quad	.Ltmp14-.Lfunc_begin0
	.short	1                               # Loc expr size
	.byte	89                              # super-register DW_OP_reg9
	.quad	.Ltmp16-.Lfunc_begin0
	.quad	.Ltmp19-.Lfunc_begin0
	.short	1                               # Loc expr size
	.byte	88                              # super-register DW_OP_reg8
	.quad	0
	.quad	0
.Ldebug_loc3:
	.quad	.Ltmp21-.Lfunc_begin0
	.quad	.Ltmp32-.Lfunc_begin0
	.short	3                               # Loc expr size
	.byte	17                              # DW_OP_consts
	.byte	0                               # 0
	.byte	159                             # DW_OP_stack_value
	.quad	.Ltmp32-.Lfunc_begin0
	.quad	.Ltmp41-.Lfunc_begin0
	.short	1                               # Loc expr size
	.byte	80                              # DW_OP_reg0
	.quad	0
	.quad	0
.Ldebug_loc4:
	.quad	.Ltmp33-.Lfunc_begin0
	.quad	.Ltmp41-.Lfunc_begin0
	.short	1                               # Loc expr size
	.byte	82                              # super-register DW_OP_reg2
	.quad	0
	.quad	0
.Ldebug_loc5:
	.quad	.Ltmp35-.Lfunc_begin0
	.quad	.Ltmp41-.Lfunc_begin0
	.short	1                               # Loc expr size
	.byte	89                              # super-register DW_OP_reg9
	.quad	0
	.quad	0
.Ldebug_loc6:
	.quad	.Ltmp36-.Lfunc_begin0
	.quad	.Ltmp41-.Lfunc_begin0
	.short	1                               # Loc expr size
	.byte	90                              # super-register DW_OP_reg10
	.quad	0
	.quad	0
	.section	.debug_abbrev,"",@progbits
	.byte	1                               # Abbreviation Code
	.byte	17                              # DW_TAG_compile_unit
	.byte	1                               # DW_CHILDREN_yes
	.byte	37                              # DW_AT_producer
	.byte	14                              # DW_FORM_strp
	.byte	19                              # DW_AT_language
	.byte	5                               # DW_FORM_data2
	.byte	3                               # DW_AT_name
	.byte	14                              # DW_FORM_strp
	.byte	16                              # DW_AT_stmt_list
	.byte	23                              # DW_FORM_sec_offset
	.byte	27                              # DW_AT_comp_dir
	.byte	14                              # DW_FORM_strp
	.byte	17                              # DW_AT_low_pc
	.byte	1                               # DW_FORM_addr
	.byte	18                              # DW_AT_high_pc
	.byte	6                               # DW_FORM_data4
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	2                               # Abbreviation Code
	.byte	36                              # DW_TAG_base_type
	.byte	0                               # DW_CHILDREN_no
	.byte	3                               # DW_AT_name
	.byte	14                              # DW_FORM_strp
	.byte	62                              # DW_AT_encoding
	.byte	11                              # DW_FORM_data1
	.byte	11                              # DW_AT_byte_size
	.byte	11                              # DW_FORM_data1
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	3                               # Abbreviation Code
	.byte	46                              # DW_TAG_subprogram
	.byte	1                               # DW_CHILDREN_yes
	.byte	3                               # DW_AT_name
	.byte	14                              # DW_FORM_strp
	.byte	58                              # DW_AT_decl_file
	.byte	11                              # DW_FORM_data1
	.byte	59                              # DW_AT_decl_line
	.byte	11                              # DW_FORM_data1
	.byte	39                              # DW_AT_prototyped
	.byte	25                              # DW_FORM_flag_present
	.byte	32                              # DW_AT_inline
	.byte	11                              # DW_FORM_data1
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	4                               # Abbreviation Code
	.byte	5                               # DW_TAG_formal_parameter
	.byte	0                               # DW_CHILDREN_no
	.byte	3                               # DW_AT_name
	.byte	14                              # DW_FORM_strp
	.byte	58                              # DW_AT_decl_file
	.byte	11                              # DW_FORM_data1
	.byte	59                              # DW_AT_decl_line
	.byte	11                              # DW_FORM_data1
	.byte	73                              # DW_AT_type
	.byte	19                              # DW_FORM_ref4
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	5                               # Abbreviation Code
	.byte	11                              # DW_TAG_lexical_block
	.byte	1                               # DW_CHILDREN_yes
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	6                               # Abbreviation Code
	.byte	52                              # DW_TAG_variable
	.byte	0                               # DW_CHILDREN_no
	.byte	3                               # DW_AT_name
	.byte	14                              # DW_FORM_strp
	.byte	58                              # DW_AT_decl_file
	.byte	11                              # DW_FORM_data1
	.byte	59                              # DW_AT_decl_line
	.byte	11                              # DW_FORM_data1
	.byte	73                              # DW_AT_type
	.byte	19                              # DW_FORM_ref4
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	7                               # Abbreviation Code
	.byte	15                              # DW_TAG_pointer_type
	.byte	0                               # DW_CHILDREN_no
	.byte	73                              # DW_AT_type
	.byte	19                              # DW_FORM_ref4
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	8                               # Abbreviation Code
	.byte	38                              # DW_TAG_const_type
	.byte	0                               # DW_CHILDREN_no
	.byte	73                              # DW_AT_type
	.byte	19                              # DW_FORM_ref4
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	9                               # Abbreviation Code
	.byte	46                              # DW_TAG_subprogram
	.byte	1                               # DW_CHILDREN_yes
	.byte	3                               # DW_AT_name
	.byte	14                              # DW_FORM_strp
	.byte	58                              # DW_AT_decl_file
	.byte	11                              # DW_FORM_data1
	.byte	59                              # DW_AT_decl_line
	.byte	11                              # DW_FORM_data1
	.byte	39                              # DW_AT_prototyped
	.byte	25                              # DW_FORM_flag_present
	.byte	73                              # DW_AT_type
	.byte	19                              # DW_FORM_ref4
	.byte	32                              # DW_AT_inline
	.byte	11                              # DW_FORM_data1
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	10                              # Abbreviation Code
	.byte	23                              # DW_TAG_union_type
	.byte	1                               # DW_CHILDREN_yes
	.byte	11                              # DW_AT_byte_size
	.byte	11                              # DW_FORM_data1
	.byte	58                              # DW_AT_decl_file
	.byte	11                              # DW_FORM_data1
	.byte	59                              # DW_AT_decl_line
	.byte	11                              # DW_FORM_data1
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	11                              # Abbreviation Code
	.byte	13                              # DW_TAG_member
	.byte	0                               # DW_CHILDREN_no
	.byte	3                               # DW_AT_name
	.byte	14                              # DW_FORM_strp
	.byte	73                              # DW_AT_type
	.byte	19                              # DW_FORM_ref4
	.byte	58                              # DW_AT_decl_file
	.byte	11                              # DW_FORM_data1
	.byte	59                              # DW_AT_decl_line
	.byte	11                              # DW_FORM_data1
	.byte	56                              # DW_AT_data_member_location
	.byte	11                              # DW_FORM_data1
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	12                              # Abbreviation Code
	.byte	46                              # DW_TAG_subprogram
	.byte	1                               # DW_CHILDREN_yes
	.byte	17                              # DW_AT_low_pc
	.byte	1                               # DW_FORM_addr
	.byte	18                              # DW_AT_high_pc
	.byte	6                               # DW_FORM_data4
	.byte	64                              # DW_AT_frame_base
	.byte	24                              # DW_FORM_exprloc
	.ascii	"\227B"                         # DW_AT_GNU_all_call_sites
	.byte	25                              # DW_FORM_flag_present
	.byte	3                               # DW_AT_name
	.byte	14                              # DW_FORM_strp
	.byte	58                              # DW_AT_decl_file
	.byte	11                              # DW_FORM_data1
	.byte	59                              # DW_AT_decl_line
	.byte	11                              # DW_FORM_data1
	.byte	39                              # DW_AT_prototyped
	.byte	25                              # DW_FORM_flag_present
	.byte	63                              # DW_AT_external
	.byte	25                              # DW_FORM_flag_present
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	13                              # Abbreviation Code
	.byte	5                               # DW_TAG_formal_parameter
	.byte	0                               # DW_CHILDREN_no
	.byte	2                               # DW_AT_location
	.byte	24                              # DW_FORM_exprloc
	.byte	3                               # DW_AT_name
	.byte	14                              # DW_FORM_strp
	.byte	58                              # DW_AT_decl_file
	.byte	11                              # DW_FORM_data1
	.byte	59                              # DW_AT_decl_line
	.byte	11                              # DW_FORM_data1
	.byte	73                              # DW_AT_type
	.byte	19                              # DW_FORM_ref4
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	14                              # Abbreviation Code
	.byte	29                              # DW_TAG_inlined_subroutine
	.byte	1                               # DW_CHILDREN_yes
	.byte	49                              # DW_AT_abstract_origin
	.byte	19                              # DW_FORM_ref4
	.byte	17                              # DW_AT_low_pc
	.byte	1                               # DW_FORM_addr
	.byte	18                              # DW_AT_high_pc
	.byte	6                               # DW_FORM_data4
	.byte	88                              # DW_AT_call_file
	.byte	11                              # DW_FORM_data1
	.byte	89                              # DW_AT_call_line
	.byte	11                              # DW_FORM_data1
	.byte	87                              # DW_AT_call_column
	.byte	11                              # DW_FORM_data1
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	15                              # Abbreviation Code
	.byte	5                               # DW_TAG_formal_parameter
	.byte	0                               # DW_CHILDREN_no
	.byte	2                               # DW_AT_location
	.byte	24                              # DW_FORM_exprloc
	.byte	49                              # DW_AT_abstract_origin
	.byte	19                              # DW_FORM_ref4
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	16                              # Abbreviation Code
	.byte	11                              # DW_TAG_lexical_block
	.byte	1                               # DW_CHILDREN_yes
	.byte	17                              # DW_AT_low_pc
	.byte	1                               # DW_FORM_addr
	.byte	18                              # DW_AT_high_pc
	.byte	6                               # DW_FORM_data4
	.byte	49                              # DW_AT_abstract_origin
	.byte	19                              # DW_FORM_ref4
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	17                              # Abbreviation Code
	.byte	52                              # DW_TAG_variable
	.byte	0                               # DW_CHILDREN_no
	.byte	2                               # DW_AT_location
	.byte	23                              # DW_FORM_sec_offset
	.byte	49                              # DW_AT_abstract_origin
	.byte	19                              # DW_FORM_ref4
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	18                              # Abbreviation Code
	.byte	29                              # DW_TAG_inlined_subroutine
	.byte	1                               # DW_CHILDREN_yes
	.byte	49                              # DW_AT_abstract_origin
	.byte	19                              # DW_FORM_ref4
	.byte	85                              # DW_AT_ranges
	.byte	23                              # DW_FORM_sec_offset
	.byte	88                              # DW_AT_call_file
	.byte	11                              # DW_FORM_data1
	.byte	89                              # DW_AT_call_line
	.byte	11                              # DW_FORM_data1
	.byte	87                              # DW_AT_call_column
	.byte	11                              # DW_FORM_data1
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	19                              # Abbreviation Code
	.byte	5                               # DW_TAG_formal_parameter
	.byte	0                               # DW_CHILDREN_no
	.byte	2                               # DW_AT_location
	.byte	23                              # DW_FORM_sec_offset
	.byte	49                              # DW_AT_abstract_origin
	.byte	19                              # DW_FORM_ref4
	.byte	0                               # EOM(1)
	.byte	0                               # EOM(2)
	.byte	0                               # EOM(3)
	.section	.debug_info,"",@progbits
.Lcu_begin0:
	.long	.Ldebug_info_end0-.Ldebug_info_start0 # Length of Unit
.Ldebug_info_start0:
	.short	4                               # DWARF version number
	.long	.debug_abbrev                   # Offset Into Abbrev. Section
	.byte	8                               # Address Size (in bytes)
	.byte	1                               # Abbrev [1] 0xb:0x2ca DW_TAG_compile_unit
	.long	.Linfo_string0                  # DW_AT_producer
	.short	29                              # DW_AT_language
	.long	.Linfo_string1                  # DW_AT_name
	.long	.Lline_table_start0             # DW_AT_stmt_list
	.long	.Linfo_string2                  # DW_AT_comp_dir
	.quad	.Lfunc_begin0                   # DW_AT_low_pc
	.long	.Lfunc_end1-.Lfunc_begin0       # DW_AT_high_pc
	.byte	2                               # Abbrev [2] 0x2a:0x7 DW_TAG_base_type
	.long	.Linfo_string3                  # DW_AT_name
	.byte	7                               # DW_AT_encoding
	.byte	4                               # DW_AT_byte_size
	.byte	2                               # Abbrev [2] 0x31:0x7 DW_TAG_base_type
	.long	.Linfo_string4                  # DW_AT_name
	.byte	7                               # DW_AT_encoding
	.byte	2                               # DW_AT_byte_size
	.byte	3                               # Abbrev [3] 0x38:0x37 DW_TAG_subprogram
	.long	.Linfo_string5                  # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	45                              # DW_AT_decl_line
                                        # DW_AT_prototyped
	.byte	1                               # DW_AT_inline
	.byte	4                               # Abbrev [4] 0x40:0xb DW_TAG_formal_parameter
	.long	.Linfo_string6                  # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	45                              # DW_AT_decl_line
	.long	111                             # DW_AT_type
	.byte	4                               # Abbrev [4] 0x4b:0xb DW_TAG_formal_parameter
	.long	.Linfo_string7                  # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	45                              # DW_AT_decl_line
	.long	121                             # DW_AT_type
	.byte	4                               # Abbrev [4] 0x56:0xb DW_TAG_formal_parameter
	.long	.Linfo_string9                  # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	45                              # DW_AT_decl_line
	.long	133                             # DW_AT_type
	.byte	5                               # Abbrev [5] 0x61:0xd DW_TAG_lexical_block
	.byte	6                               # Abbrev [6] 0x62:0xb DW_TAG_variable
	.long	.Linfo_string11                 # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	67                              # DW_AT_decl_line
	.long	133                             # DW_AT_type
	.byte	0                               # End Of Children Mark
	.byte	0                               # End Of Children Mark
	.byte	7                               # Abbrev [7] 0x6f:0x5 DW_TAG_pointer_type
	.long	116                             # DW_AT_type
	.byte	8                               # Abbrev [8] 0x74:0x5 DW_TAG_const_type
	.long	49                              # DW_AT_type
	.byte	7                               # Abbrev [7] 0x79:0x5 DW_TAG_pointer_type
	.long	126                             # DW_AT_type
	.byte	2                               # Abbrev [2] 0x7e:0x7 DW_TAG_base_type
	.long	.Linfo_string8                  # DW_AT_name
	.byte	4                               # DW_AT_encoding
	.byte	4                               # DW_AT_byte_size
	.byte	2                               # Abbrev [2] 0x85:0x7 DW_TAG_base_type
	.long	.Linfo_string10                 # DW_AT_name
	.byte	5                               # DW_AT_encoding
	.byte	8                               # DW_AT_byte_size
	.byte	9                               # Abbrev [9] 0x8c:0x40 DW_TAG_subprogram
	.long	.Linfo_string12                 # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	7                               # DW_AT_decl_line
                                        # DW_AT_prototyped
	.long	126                             # DW_AT_type
	.byte	1                               # DW_AT_inline
	.byte	4                               # Abbrev [4] 0x98:0xb DW_TAG_formal_parameter
	.long	.Linfo_string6                  # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	7                               # DW_AT_decl_line
	.long	49                              # DW_AT_type
	.byte	10                              # Abbrev [10] 0xa3:0x1d DW_TAG_union_type
	.byte	4                               # DW_AT_byte_size
	.byte	2                               # DW_AT_decl_file
	.byte	9                               # DW_AT_decl_line
	.byte	11                              # Abbrev [11] 0xa7:0xc DW_TAG_member
	.long	.Linfo_string14                 # DW_AT_name
	.long	42                              # DW_AT_type
	.byte	2                               # DW_AT_decl_file
	.byte	9                               # DW_AT_decl_line
	.byte	0                               # DW_AT_data_member_location
	.byte	11                              # Abbrev [11] 0xb3:0xc DW_TAG_member
	.long	.Linfo_string7                  # DW_AT_name
	.long	126                             # DW_AT_type
	.byte	2                               # DW_AT_decl_file
	.byte	9                               # DW_AT_decl_line
	.byte	0                               # DW_AT_data_member_location
	.byte	0                               # End Of Children Mark
	.byte	6                               # Abbrev [6] 0xc0:0xb DW_TAG_variable
	.long	.Linfo_string13                 # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	9                               # DW_AT_decl_line
	.long	163                             # DW_AT_type
	.byte	0                               # End Of Children Mark
	.byte	12                              # Abbrev [12] 0xcc:0xa1 DW_TAG_subprogram
	.quad	.Lfunc_begin0                   # DW_AT_low_pc
	.long	.Lfunc_end0-.Lfunc_begin0       # DW_AT_high_pc
	.byte	1                               # DW_AT_frame_base
	.byte	86
                                        # DW_AT_GNU_all_call_sites
	.long	.Linfo_string21                 # DW_AT_name
	.byte	1                               # DW_AT_decl_file
	.byte	2                               # DW_AT_decl_line
                                        # DW_AT_prototyped
                                        # DW_AT_external
	.byte	13                              # Abbrev [13] 0xe1:0xd DW_TAG_formal_parameter
	.byte	1                               # DW_AT_location
	.byte	85
	.long	.Linfo_string6                  # DW_AT_name
	.byte	1                               # DW_AT_decl_file
	.byte	2                               # DW_AT_decl_line
	.long	111                             # DW_AT_type
	.byte	13                              # Abbrev [13] 0xee:0xd DW_TAG_formal_parameter
	.byte	1                               # DW_AT_location
	.byte	84
	.long	.Linfo_string7                  # DW_AT_name
	.byte	1                               # DW_AT_decl_file
	.byte	2                               # DW_AT_decl_line
	.long	121                             # DW_AT_type
	.byte	13                              # Abbrev [13] 0xfb:0xd DW_TAG_formal_parameter
	.byte	1                               # DW_AT_location
	.byte	81
	.long	.Linfo_string9                  # DW_AT_name
	.byte	1                               # DW_AT_decl_file
	.byte	2                               # DW_AT_decl_line
	.long	133                             # DW_AT_type
	.byte	14                              # Abbrev [14] 0x108:0x64 DW_TAG_inlined_subroutine
	.long	56                              # DW_AT_abstract_origin
	.quad	.Ltmp0                          # DW_AT_low_pc
	.long	.Ltmp19-.Ltmp0                  # DW_AT_high_pc
	.byte	1                               # DW_AT_call_file
	.byte	2                               # DW_AT_call_line
	.byte	52                              # DW_AT_call_column
	.byte	15                              # Abbrev [15] 0x11c:0x7 DW_TAG_formal_parameter
	.byte	1                               # DW_AT_location
	.byte	85
	.long	64                              # DW_AT_abstract_origin
	.byte	15                              # Abbrev [15] 0x123:0x7 DW_TAG_formal_parameter
	.byte	1                               # DW_AT_location
	.byte	84
	.long	75                              # DW_AT_abstract_origin
	.byte	15                              # Abbrev [15] 0x12a:0x7 DW_TAG_formal_parameter
	.byte	1                               # DW_AT_location
	.byte	81
	.long	86                              # DW_AT_abstract_origin
	.byte	16                              # Abbrev [16] 0x131:0x3a DW_TAG_lexical_block
	.quad	.Ltmp0                          # DW_AT_low_pc
	.long	.Ltmp19-.Ltmp0                  # DW_AT_high_pc
	.long	97                              # DW_AT_abstract_origin
	.byte	17                              # Abbrev [17] 0x142:0x9 DW_TAG_variable
	.long	.Ldebug_loc0                    # DW_AT_location
	.long	98                              # DW_AT_abstract_origin
	.byte	18                              # Abbrev [18] 0x14b:0x1f DW_TAG_inlined_subroutine
	.long	140                             # DW_AT_abstract_origin
	.long	.Ldebug_ranges0                 # DW_AT_ranges
	.byte	2                               # DW_AT_call_file
	.byte	67                              # DW_AT_call_line
	.byte	46                              # DW_AT_call_column
	.byte	19                              # Abbrev [19] 0x157:0x9 DW_TAG_formal_parameter
	.long	.Ldebug_loc1                    # DW_AT_location
	.long	152                             # DW_AT_abstract_origin
	.byte	17                              # Abbrev [17] 0x160:0x9 DW_TAG_variable
	.long	.Ldebug_loc2                    # DW_AT_location
	.long	192                             # DW_AT_abstract_origin
	.byte	0                               # End Of Children Mark
	.byte	0                               # End Of Children Mark
	.byte	0                               # End Of Children Mark
	.byte	0                               # End Of Children Mark
	.byte	3                               # Abbrev [3] 0x16d:0x37 DW_TAG_subprogram
	.long	.Linfo_string15                 # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	71                              # DW_AT_decl_line
                                        # DW_AT_prototyped
	.byte	1                               # DW_AT_inline
	.byte	4                               # Abbrev [4] 0x175:0xb DW_TAG_formal_parameter
	.long	.Linfo_string7                  # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	71                              # DW_AT_decl_line
	.long	420                             # DW_AT_type
	.byte	4                               # Abbrev [4] 0x180:0xb DW_TAG_formal_parameter
	.long	.Linfo_string6                  # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	71                              # DW_AT_decl_line
	.long	430                             # DW_AT_type
	.byte	4                               # Abbrev [4] 0x18b:0xb DW_TAG_formal_parameter
	.long	.Linfo_string9                  # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	71                              # DW_AT_decl_line
	.long	133                             # DW_AT_type
	.byte	5                               # Abbrev [5] 0x196:0xd DW_TAG_lexical_block
	.byte	6                               # Abbrev [6] 0x197:0xb DW_TAG_variable
	.long	.Linfo_string11                 # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	93                              # DW_AT_decl_line
	.long	133                             # DW_AT_type
	.byte	0                               # End Of Children Mark
	.byte	0                               # End Of Children Mark
	.byte	7                               # Abbrev [7] 0x1a4:0x5 DW_TAG_pointer_type
	.long	425                             # DW_AT_type
	.byte	8                               # Abbrev [8] 0x1a9:0x5 DW_TAG_const_type
	.long	126                             # DW_AT_type
	.byte	7                               # Abbrev [7] 0x1ae:0x5 DW_TAG_pointer_type
	.long	49                              # DW_AT_type
	.byte	9                               # Abbrev [9] 0x1b3:0x77 DW_TAG_subprogram
	.long	.Linfo_string16                 # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	17                              # DW_AT_decl_line
                                        # DW_AT_prototyped
	.long	49                              # DW_AT_type
	.byte	1                               # DW_AT_inline
	.byte	4                               # Abbrev [4] 0x1bf:0xb DW_TAG_formal_parameter
	.long	.Linfo_string7                  # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	17                              # DW_AT_decl_line
	.long	126                             # DW_AT_type
	.byte	6                               # Abbrev [6] 0x1ca:0xb DW_TAG_variable
	.long	.Linfo_string17                 # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	20                              # DW_AT_decl_line
	.long	42                              # DW_AT_type
	.byte	6                               # Abbrev [6] 0x1d5:0xb DW_TAG_variable
	.long	.Linfo_string18                 # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	23                              # DW_AT_decl_line
	.long	42                              # DW_AT_type
	.byte	6                               # Abbrev [6] 0x1e0:0xb DW_TAG_variable
	.long	.Linfo_string19                 # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	24                              # DW_AT_decl_line
	.long	42                              # DW_AT_type
	.byte	10                              # Abbrev [10] 0x1eb:0x1d DW_TAG_union_type
	.byte	4                               # DW_AT_byte_size
	.byte	2                               # DW_AT_decl_file
	.byte	19                              # DW_AT_decl_line
	.byte	11                              # Abbrev [11] 0x1ef:0xc DW_TAG_member
	.long	.Linfo_string7                  # DW_AT_name
	.long	126                             # DW_AT_type
	.byte	2                               # DW_AT_decl_file
	.byte	19                              # DW_AT_decl_line
	.byte	0                               # DW_AT_data_member_location
	.byte	11                              # Abbrev [11] 0x1fb:0xc DW_TAG_member
	.long	.Linfo_string14                 # DW_AT_name
	.long	42                              # DW_AT_type
	.byte	2                               # DW_AT_decl_file
	.byte	19                              # DW_AT_decl_line
	.byte	0                               # DW_AT_data_member_location
	.byte	0                               # End Of Children Mark
	.byte	6                               # Abbrev [6] 0x208:0xb DW_TAG_variable
	.long	.Linfo_string13                 # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	19                              # DW_AT_decl_line
	.long	491                             # DW_AT_type
	.byte	6                               # Abbrev [6] 0x213:0xb DW_TAG_variable
	.long	.Linfo_string20                 # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	19                              # DW_AT_decl_line
	.long	491                             # DW_AT_type
	.byte	6                               # Abbrev [6] 0x21e:0xb DW_TAG_variable
	.long	.Linfo_string6                  # DW_AT_name
	.byte	2                               # DW_AT_decl_file
	.byte	25                              # DW_AT_decl_line
	.long	42                              # DW_AT_type
	.byte	0                               # End Of Children Mark
	.byte	12                              # Abbrev [12] 0x22a:0xaa DW_TAG_subprogram
	.quad	.Lfunc_begin1                   # DW_AT_low_pc
	.long	.Lfunc_end1-.Lfunc_begin1       # DW_AT_high_pc
	.byte	1                               # DW_AT_frame_base
	.byte	86
                                        # DW_AT_GNU_all_call_sites
	.long	.Linfo_string22                 # DW_AT_name
	.byte	1                               # DW_AT_decl_file
	.byte	3                               # DW_AT_decl_line
                                        # DW_AT_prototyped
                                        # DW_AT_external
	.byte	13                              # Abbrev [13] 0x23f:0xd DW_TAG_formal_parameter
	.byte	1                               # DW_AT_location
	.byte	85
	.long	.Linfo_string7                  # DW_AT_name
	.byte	1                               # DW_AT_decl_file
	.byte	3                               # DW_AT_decl_line
	.long	420                             # DW_AT_type
	.byte	13                              # Abbrev [13] 0x24c:0xd DW_TAG_formal_parameter
	.byte	1                               # DW_AT_location
	.byte	84
	.long	.Linfo_string6                  # DW_AT_name
	.byte	1                               # DW_AT_decl_file
	.byte	3                               # DW_AT_decl_line
	.long	430                             # DW_AT_type
	.byte	13                              # Abbrev [13] 0x259:0xd DW_TAG_formal_parameter
	.byte	1                               # DW_AT_location
	.byte	81
	.long	.Linfo_string9                  # DW_AT_name
	.byte	1                               # DW_AT_decl_file
	.byte	3                               # DW_AT_decl_line
	.long	133                             # DW_AT_type
	.byte	14                              # Abbrev [14] 0x266:0x6d DW_TAG_inlined_subroutine
	.long	365                             # DW_AT_abstract_origin
	.quad	.Ltmp21                         # DW_AT_low_pc
	.long	.Ltmp41-.Ltmp21                 # DW_AT_high_pc
	.byte	1                               # DW_AT_call_file
	.byte	3                               # DW_AT_call_line
	.byte	53                              # DW_AT_call_column
	.byte	15                              # Abbrev [15] 0x27a:0x7 DW_TAG_formal_parameter
	.byte	1                               # DW_AT_location
	.byte	85
	.long	373                             # DW_AT_abstract_origin
	.byte	15                              # Abbrev [15] 0x281:0x7 DW_TAG_formal_parameter
	.byte	1                               # DW_AT_location
	.byte	84
	.long	384                             # DW_AT_abstract_origin
	.byte	15                              # Abbrev [15] 0x288:0x7 DW_TAG_formal_parameter
	.byte	1                               # DW_AT_location
	.byte	81
	.long	395                             # DW_AT_abstract_origin
	.byte	16                              # Abbrev [16] 0x28f:0x43 DW_TAG_lexical_block
	.quad	.Ltmp21                         # DW_AT_low_pc
	.long	.Ltmp41-.Ltmp21                 # DW_AT_high_pc
	.long	406                             # DW_AT_abstract_origin
	.byte	17                              # Abbrev [17] 0x2a0:0x9 DW_TAG_variable
	.long	.Ldebug_loc3                    # DW_AT_location
	.long	407                             # DW_AT_abstract_origin
	.byte	18                              # Abbrev [18] 0x2a9:0x28 DW_TAG_inlined_subroutine
	.long	435                             # DW_AT_abstract_origin
	.long	.Ldebug_ranges1                 # DW_AT_ranges
	.byte	2                               # DW_AT_call_file
	.byte	93                              # DW_AT_call_line
	.byte	46                              # DW_AT_call_column
	.byte	17                              # Abbrev [17] 0x2b5:0x9 DW_TAG_variable
	.long	.Ldebug_loc4                    # DW_AT_location
	.long	458                             # DW_AT_abstract_origin
	.byte	17                              # Abbrev [17] 0x2be:0x9 DW_TAG_variable
	.long	.Ldebug_loc5                    # DW_AT_location
	.long	469                             # DW_AT_abstract_origin
	.byte	17                              # Abbrev [17] 0x2c7:0x9 DW_TAG_variable
	.long	.Ldebug_loc6                    # DW_AT_location
	.long	480                             # DW_AT_abstract_origin
	.byte	0                               # End Of Children Mark
	.byte	0                               # End Of Children Mark
	.byte	0                               # End Of Children Mark
	.byte	0                               # End Of Children Mark
	.byte	0                               # End Of Children Mark
.Ldebug_info_end0:
	.section	.debug_ranges,"",@progbits
.Ldebug_ranges0:
	.quad	.Ltmp5-.Lfunc_begin0
	.quad	.Ltmp6-.Lfunc_begin0
	.quad	.Ltmp11-.Lfunc_begin0
	.quad	.Ltmp16-.Lfunc_begin0
	.quad	0
	.quad	0
.Ldebug_ranges1:
	.quad	.Ltmp27-.Lfunc_begin0
	.quad	.Ltmp28-.Lfunc_begin0
	.quad	.Ltmp32-.Lfunc_begin0
	.quad	.Ltmp38-.Lfunc_begin0
	.quad	0
	.quad	0
	.section	.debug_str,"MS",@progbits,1
.Linfo_string0:
	.asciz	"clang version 22.1.8"          # string offset=0
.Linfo_string1:
	.asciz	"/tmp/f7_z.c"                   # string offset=21
.Linfo_string2:
	.asciz	"/tmp/f7"                       # string offset=33
.Linfo_string3:
	.asciz	"unsigned int"                  # string offset=41
.Linfo_string4:
	.asciz	"unsigned short"                # string offset=54
.Linfo_string5:
	.asciz	"th_widen_f16"                  # string offset=69
.Linfo_string6:
	.asciz	"h"                             # string offset=82
.Linfo_string7:
	.asciz	"f"                             # string offset=84
.Linfo_string8:
	.asciz	"float"                         # string offset=86
.Linfo_string9:
	.asciz	"n"                             # string offset=92
.Linfo_string10:
	.asciz	"long long"                     # string offset=94
.Linfo_string11:
	.asciz	"j"                             # string offset=104
.Linfo_string12:
	.asciz	"th_from_f16"                   # string offset=106
.Linfo_string13:
	.asciz	"x"                             # string offset=118
.Linfo_string14:
	.asciz	"u"                             # string offset=120
.Linfo_string15:
	.asciz	"th_narrow_f16"                 # string offset=122
.Linfo_string16:
	.asciz	"th_to_f16"                     # string offset=136
.Linfo_string17:
	.asciz	"sign"                          # string offset=146
.Linfo_string18:
	.asciz	"normal"                        # string offset=151
.Linfo_string19:
	.asciz	"huge"                          # string offset=158
.Linfo_string20:
	.asciz	"small"                         # string offset=163
.Linfo_string21:
	.asciz	"w"                             # string offset=169
.Linfo_string22:
	.asciz	"nn"                            # string offset=171
	.ident	"clang version 22.1.8"
	.section	".note.GNU-stack","",@progbits
	.addrsig
	.section	.debug_line,"",@progbits
.Lline_table_start0:
