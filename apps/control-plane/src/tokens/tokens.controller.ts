import { Controller, Get, Header } from '@nestjs/common';
import { Open } from '../http/implements.ts';
import { SigningKeys } from './signing-keys.ts';

/** The keys that verify this platform's tokens, for everybody (RFC 7517). */
@Controller()
export class TokensController {
  constructor(private readonly keys: SigningKeys) {}

  /** The public keys of now. */
  @Get('.well-known/jwks.json')
  @Open()
  @Header('content-type', 'application/json')
  jwks(): ReturnType<SigningKeys['publicKeys']> {
    return this.keys.publicKeys();
  }
}
